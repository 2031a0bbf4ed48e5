//! Fields as code: their handles, their columns, and the list of visits.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Generics, Type};

use super::{bounds, this};
use crate::field::{DefaultValue, Encoding, Field, FieldRole, Stored, UnixUnit};

/// Returns the encoding of a stored field as a type, `None` for `Plain`.
pub(super) fn encoding(field: &Field<'_>, generics: &Generics) -> Option<TokenStream> {
    let FieldRole::Stored(Stored { encoding, none_as, default, .. }) = &field.role else {
        return None;
    };
    let encoding = match encoding {
        Encoding::Plain => None,
        Encoding::Codec(codec) => Some(quote_spanned!(codec.span()=> __rt::Encoded<#codec>)),
        Encoding::AsDisplay { option: false, span } => {
            Some(quote_spanned!(*span=> __rt::AsDisplay))
        }
        Encoding::AsDisplay { option: true, span } => {
            Some(quote_spanned!(*span=> __rt::AsDisplayOption))
        }
        Encoding::EmptyAsNone(span) => Some(quote_spanned!(*span=> __rt::EmptyAsNone)),
        Encoding::Unix(unit, span) => {
            let unit = match unit {
                UnixUnit::Seconds => quote!(__rt::Seconds),
                UnixUnit::Millis => quote!(__rt::Millis),
                UnixUnit::FractionalSeconds => quote!(__rt::FractionalSeconds),
            };
            Some(quote_spanned!(*span=> __rt::Unix<#unit>))
        }
        Encoding::Bool { span, .. } => {
            let texts = texts_name("Bool", &field.member.handle);
            Some(quote_spanned!(*span=> __rt::BoolAs<#texts>))
        }
        Encoding::Revision => Some(quote!(__rt::Revision)),
    };
    let encoding = match none_as {
        None => encoding,
        Some(_) => {
            let inner = encoding.unwrap_or_else(|| quote!(__rt::Plain));
            let text = texts_name("None", &field.member.handle);
            Some(quote!(__rt::NoneAs<#inner, #text>))
        }
    };
    let inner = || encoding.clone().unwrap_or_else(|| quote!(__rt::Plain));
    match default {
        DefaultValue::None => encoding,
        DefaultValue::Type => {
            let inner = inner();
            Some(quote!(__rt::WithDefault<#inner>))
        }
        DefaultValue::Path(_) => {
            let (inner, name) = (inner(), default_name(&field.member.handle));
            let (_, arguments, _) = generics.split_for_impl();
            Some(quote!(__rt::DefaultFrom<#inner, #name #arguments>))
        }
    }
}

/// Returns the types of the handles in the struct of handles of `this`. In a flattened
/// struct, `generic` has the type parameters for the model and the presence.
pub(super) fn declared<'f>(
    fields: &'f [Field<'_>],
    input: &'f DeriveInput,
    generic: Option<(&'f TokenStream, &'f TokenStream)>,
) -> impl Iterator<Item = TokenStream> + 'f {
    let this = this::tokens(input);
    fields.iter().filter(|field| field.is_stored()).map(move |field| {
        let Field { member, vis, docs, .. } = field;
        let handle = &member.handle;
        let span = field.ty.span();
        let ty = this::replace(field.ty, &this);
        let ty = if field.is_flattened() { at_one_place(&ty, span) } else { ty };
        let encoding = encoding(field, &input.generics).map(|it| this::replace(&it, &this));
        let declared = match (field.is_flattened(), generic) {
            (true, None) => quote_spanned! {span=>
                <#ty as __rt::RedisFields>::Handles<#this, __rt::Required>
            },
            (true, Some((model, presence))) => quote_spanned! {span=>
                <#ty as __rt::RedisFields>::Handles<#model, #presence>
            },
            (false, None) => {
                let encoding = encoding.map(|encoding| quote!(, #encoding));
                quote!(__rt::Field<#this, #ty #encoding>)
            }
            (false, Some((model, presence))) => {
                let encoding = encoding.unwrap_or_else(|| quote!(__rt::Plain));
                quote! {
                    __rt::Field<#model, #presence::Value<#ty>, #presence::Encoding<#encoding>>
                }
            }
        };
        quote!(#(#docs)* #vis #handle: #declared)
    })
}

/// Returns the values of the handles, from the position `start` on.
pub(super) fn made(
    fields: &[Field<'_>],
    start: Option<&Ident>,
    model: &TokenStream,
    presence: &TokenStream,
) -> Vec<TokenStream> {
    let mut count = 0_usize;
    let mut widths = start.map(ToTokens::to_token_stream).unwrap_or_default();
    let mut made = Vec::new();
    for Field { member, ty, role, .. } in fields.iter().filter(|field| field.is_stored()) {
        let (handle, number) = (&member.handle, Literal::usize_unsuffixed(count));
        let at = match (widths.is_empty(), count) {
            (true, _) => quote!(#number),
            (false, 0) => quote!(#widths),
            (false, _) => quote!(#widths + #number),
        };
        if let FieldRole::Flattened { .. } = role {
            let span = ty.span();
            let (mut handle, ty) = (handle.clone(), at_one_place(ty, span));
            handle.set_span(span);
            made.push(quote_spanned! {span=>
                #handle: <<#ty as __rt::RedisFields>::Handles<#model, #presence>>::at(#at)
            });
            let plus = (!widths.is_empty()).then(|| quote!(#widths +));
            let before = (count > 0).then(|| quote!(#number +));
            widths = quote_spanned!(ty.span()=> #plus #before <#ty as __rt::RedisFields>::COLUMNS.width());
            count = 0;
        } else {
            made.push(quote!(#handle: __rt::at(#at)));
            count += 1;
        }
    }
    made
}

/// Imports a trait with a function that is named like the handles' constructor. If a
/// flattened struct has no handles, rustc resolves the call to that function and does not
/// report a missing constructor as a second error.
pub(super) fn use_at(fields: &[Field<'_>]) -> Option<TokenStream> {
    fields.iter().any(Field::is_flattened).then(|| {
        quote!(
            use __rt::HandlesAt as _;
        )
    })
}

/// Returns the options of single fields, as calls on the schema.
pub(super) fn options(fields: &[Field<'_>]) -> TokenStream {
    let stored = fields.iter().filter_map(|field| match &field.role {
        FieldRole::Stored(stored) => Some((field, stored)),
        FieldRole::Key | FieldRole::Skipped(_) | FieldRole::Flattened { .. } => None,
    });
    let (mut of, mut aliases, mut ttls, mut revision) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (at, (field, stored)) in stored.enumerate() {
        let at = Literal::usize_unsuffixed(at);
        for alias in &stored.aliases {
            of.push(at.clone());
            aliases.push(alias);
        }
        if let Some(millis) = stored.ttl {
            let millis = Literal::u64_unsuffixed(millis);
            ttls.push(quote!((#at, #millis)));
        }
        if field.is_revision() {
            revision = Some(quote!(.revision(#at)));
        }
    }
    let aliases = (!of.is_empty()).then(|| quote!(.aliases(&[#(#of),*], &[#(#aliases),*])));
    let ttls = (!ttls.is_empty()).then(|| quote!(.field_ttls(&[#(#ttls),*])));
    quote!(#aliases #ttls #revision)
}

/// Returns the columns, for the names to be put together from.
pub(super) fn columns(fields: &[Field<'_>]) -> impl Iterator<Item = TokenStream> {
    fields.iter().filter_map(|field| match &field.role {
        FieldRole::Key | FieldRole::Skipped(_) => None,
        FieldRole::Flattened { name } => {
            let ty = at_one_place(field.ty, field.ty.span());
            Some(quote_spanned! {field.ty.span()=>
                __rt::Column::flatten(#name, <#ty as __rt::RedisFields>::COLUMNS)
            })
        }
        FieldRole::Stored(Stored { name, aliases, ttl, .. }) => {
            let aliases = (!aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
            let ttl = ttl.map(|millis| {
                let millis = Literal::u64_unsuffixed(millis);
                quote!(.ttl(#millis))
            });
            let revision = field.is_revision().then(|| quote!(.revision()));
            Some(quote!(__rt::Column::new(#name) #aliases #ttl #revision))
        }
    })
}

/// `impl FlatColumns`. The names are put together at the user's token, so that two
/// fields of one name are reported there.
pub(super) fn flat_columns(
    ident: &Ident,
    generics: &Generics,
    fields: &[Field<'_>],
) -> TokenStream {
    let (imp, ty, bounds) = generics.split_for_impl();
    let columns = columns(fields);
    let first = fields.iter().find(|field| field.is_flattened());
    let span = first.map_or_else(|| ident.span(), |field| field.member.access.span());
    let names = quote_spanned!(span=> __rt::FlatNames::of(&[#(#columns),*]));
    quote! {
        #[automatically_derived]
        impl #imp __rt::FlatColumns for #ident #ty #bounds {
            const NAMES: &'static __rt::FlatNames = &#names;
        }
    }
}

/// Returns the types that stand for the functions of `default = "path"`.
pub(super) fn default_values(input: &DeriveInput, fields: &[Field<'_>]) -> TokenStream {
    let this = this::tokens(input);
    let (imp, arguments, _) = input.generics.split_for_impl();
    let clause = bounds::own_clause(input);
    let parameters = bounds::plain(&input.generics, &[]);
    let content =
        (!input.generics.params.is_empty()).then(|| quote!((__rt::PhantomData<fn() -> #this>)));
    let values = fields.iter().filter_map(|field| {
        let FieldRole::Stored(Stored { default: DefaultValue::Path(path), .. }) = &field.role
        else {
            return None;
        };
        let (name, ty) = (default_name(&field.member.handle), this::replace(field.ty, &this));
        let (span, path) = (path.span(), this::replace(path, &this));
        let body = quote_spanned!(span=> #path());
        Some(quote! {
            pub struct #name #parameters #content #clause;
            impl #imp __rt::DefaultPath<#ty> for #name #arguments #clause {
                fn value() -> #ty { #body }
            }
        })
    });
    values.collect()
}

/// Returns the types that stand for the texts of `bool` and `none_as`.
pub(super) fn texts(fields: &[Field<'_>]) -> TokenStream {
    let of_bool = fields.iter().filter_map(|Field { member, role, .. }| {
        let FieldRole::Stored(Stored { encoding: Encoding::Bool { texts, .. }, .. }) = role else {
            return None;
        };
        let (name, [yes, no]) = (texts_name("Bool", &member.handle), texts);
        let both = format!("{yes}/{no}");
        Some(quote! {
            pub struct #name;
            impl __rt::BoolTexts for #name {
                const TRUE: &'static __rt::str = #yes;
                const FALSE: &'static __rt::str = #no;
                const BOTH: &'static __rt::str = #both;
            }
        })
    });
    let of_none = fields.iter().filter_map(|Field { member, role, .. }| {
        let FieldRole::Stored(Stored { none_as: Some(text), .. }) = role else { return None };
        let (name, value) = (texts_name("None", &member.handle), text.value());
        let is_number = value.trim().parse::<f64>().is_ok();
        let no_number = (!is_number).then(|| quote!(impl __rt::NotANumber for #name {}));
        Some(quote! {
            pub struct #name;
            impl __rt::NoneText for #name {
                const TEXT: &'static __rt::str = #value;
            }
            #no_number
        })
    });
    of_bool.chain(of_none).collect()
}

fn texts_name(of: &str, handle: &Ident) -> Ident {
    format_ident!("__{of}_{}", handle.unraw(), span = Span::call_site())
}

fn default_name(handle: &Ident) -> Ident {
    format_ident!("__Default_{}", handle.unraw(), span = Span::call_site())
}

/// A call on the visitor.
pub(super) enum Call {
    /// `.field(…)`
    Chained(TokenStream),
    Statement(TokenStream),
}

/// Returns the calls, one for each field. Each has the span of its type in the user's
/// code, so that a mistake in the type is reported there.
pub(super) fn visits<'f>(
    fields: &'f [Field<'_>],
    generics: &'f Generics,
) -> impl Iterator<Item = Call> + 'f {
    let (visit, m) = (local("visit"), local("m"));
    fields.iter().filter_map(move |field| {
        let Field { member, ty, role, .. } = field;
        let (access, span) = (&member.access, ty.span());
        let stored = match role {
            FieldRole::Key | FieldRole::Skipped(_) => return None,
            FieldRole::Flattened { .. } => {
                let ty = at_one_place(ty, span);
                return Some(Call::Statement(quote_spanned! {span=>
                    <#ty as __rt::RedisFields>::visit_in(#visit, |#m| &#m.#access);
                }));
            }
            FieldRole::Stored(stored) => stored,
        };
        let encoding = encoding(field, generics);
        Some(Call::Chained(match encoding {
            _ if field.is_revision() => {
                quote_spanned!(span=> .revision(|#m| &#m.#access))
            }
            encoding if stored.ttl.is_some() => {
                let encoding = encoding.unwrap_or_else(|| quote!(__rt::Plain));
                quote_spanned!(span=> .expiring_field::<#encoding, _>(|#m| &#m.#access))
            }
            None => quote_spanned!(span=> .field(|#m| &#m.#access)),
            Some(encoding) => {
                let span = stored.encoding.span(ty);
                quote_spanned!(span=> .field_as::<#encoding, _>(|#m| &#m.#access))
            }
        }))
    })
}

/// Checking the types of one chain takes a time that grows with the square of its calls.
const CHAIN: usize = 16;

/// Makes statements of calls.
pub(super) fn statements(calls: impl Iterator<Item = Call>) -> TokenStream {
    let visit = local("visit");
    let (mut statements, mut chain) = (TokenStream::new(), Vec::new());
    let end = |chain: &mut Vec<TokenStream>, statements: &mut TokenStream| {
        if !chain.is_empty() {
            statements.extend(quote!(#visit #(#chain)*;));
            chain.clear();
        }
    };
    for call in calls {
        match call {
            Call::Chained(call) => chain.push(call),
            Call::Statement(statement) => {
                end(&mut chain, &mut statements);
                statements.extend(statement);
            }
        }
        if chain.len() == CHAIN {
            end(&mut chain, &mut statements);
        }
    }
    end(&mut chain, &mut statements);
    statements
}

/// Returns `Self { … }` or `Self(…)`, its fields read one after the other; `id_of` is the
/// value of a field in the key.
pub(super) fn made_of(
    fields: &[Field<'_>],
    generics: &Generics,
    row: &Ident,
    id_of: impl Fn(&Field<'_>) -> Option<TokenStream>,
) -> TokenStream {
    let values = fields.iter().map(|field| {
        let Field { member, ty, role, .. } = field;
        let span = ty.span();
        let value = match role {
            FieldRole::Key => id_of(field).unwrap_or_default(),
            FieldRole::Skipped(None) => quote_spanned!(span=> __rt::Default::default()),
            FieldRole::Skipped(Some(path)) => quote_spanned!(path.span()=> #path()),
            FieldRole::Flattened { .. } => {
                let ty = at_one_place(ty, span);
                quote_spanned!(span=> <#ty as __rt::RedisFields>::read(#row)?)
            }
            FieldRole::Stored(stored) => match encoding(field, generics) {
                None => quote_spanned!(span=> #row.take()?),
                Some(encoding) => {
                    quote_spanned!(stored.encoding.span(ty)=> #row.take_as::<#encoding, _>()?)
                }
            },
        };
        let value = match &member.access {
            // `id` for `id: id`.
            syn::Member::Named(name) if *name == value.to_string() => quote!(#value),
            syn::Member::Named(name) => quote_spanned!(span=> #name: #value),
            syn::Member::Unnamed(_) => value,
        };
        (member, value)
    });
    let (members, values): (Vec<_>, Vec<_>) = values.unzip();
    match members.first().map(|member| &member.access) {
        Some(syn::Member::Unnamed(_)) => quote!(Self(#(#values),*)),
        _ => quote!(Self { #(#values,)* }),
    }
}

/// Moves tokens to one place. rustc shows equal errors at one place only once, and a type
/// that cannot be flattened or be part of a key makes one wherever it is mentioned.
pub(super) fn at_one_place(tokens: &impl ToTokens, place: Span) -> TokenStream {
    let moved = tokens.to_token_stream().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = token {
            let content = at_one_place(&group.stream(), place);
            token = TokenTree::Group(Group::new(group.delimiter(), content));
        }
        token.set_span(token.span().located_at(place));
        token
    });
    moved.collect()
}

/// Returns the name of a variable, which no field hides and which is the same variable
/// among tokens with the span of a user's macro.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl Encoding {
    /// The place of a mistake in the type.
    fn span(&self, ty: &Type) -> Span {
        match self {
            Self::Codec(codec) => codec.span(),
            Self::AsDisplay { .. }
            | Self::EmptyAsNone(_)
            | Self::Unix(..)
            | Self::Bool { .. }
            | Self::Plain
            | Self::Revision => ty.span(),
        }
    }
}
