//! Fields as code: their handles, their columns, and the list of visits.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Type};

use super::bounds;
use crate::field::{Fallback, Field, How, Role, Stored};

/// Where a struct's fields stand among those of the model.
pub(super) struct Handle {
    /// Its position as a type, where that depends on flattened structs or on
    /// the model; else as a number.
    at: TokenStream,
    plain: bool,
}

/// Each field that has a handle, with its position behind `start`.
pub(super) fn positions<'f, 'a>(
    fields: &'f [Field<'a>],
    start: Option<TokenStream>,
) -> Vec<(&'f Field<'a>, Handle)> {
    let mut base = start;
    let mut count = 0_usize;
    let mut positions = Vec::new();
    for field in fields.iter().filter(|field| field.role.is_stored()) {
        let number = Literal::usize_unsuffixed(count);
        let at = match &base {
            None => quote!(#number),
            Some(base) => quote!(__rt::Plus<#base, #number>),
        };
        positions.push((field, Handle { plain: base.is_none(), at: at.clone() }));
        match &field.role {
            Role::Flat { .. } => {
                let ty = field.ty;
                let at = if base.is_none() { quote!(__rt::Plus<__rt::Start, #number>) } else { at };
                base = Some(quote!(__rt::Past<#at, #ty>));
                count = 0;
            }
            Role::Key | Role::Skipped | Role::Stored(_) => count += 1,
        }
    }
    positions
}

impl Handle {
    /// The handle of a field.
    fn field(&self) -> TokenStream {
        let at = &self.at;
        if self.plain { quote!(__rt::at(#at)) } else { quote!(__rt::handle::<#at, _, _, _>()) }
    }

    /// The position as a type.
    pub(super) fn position(&self) -> TokenStream {
        let at = &self.at;
        if self.plain { quote!(__rt::Plus<__rt::Start, #at>) } else { at.clone() }
    }
}

/// The handle of a field in the struct of handles; `model` and `wrap` are the
/// type of the model and whether it stands in an `Option`.
pub(super) fn declared(field: &Field<'_>, model: &TokenStream, wrapped: bool) -> TokenStream {
    let Field { member, ty, vis, role } = field;
    let handle = &member.handle;
    match role {
        Role::Flat { .. } if wrapped => quote_spanned! {ty.span()=>
            #vis #handle: <#ty as __rt::RedisFields>::Handles<#model, __W>
        },
        Role::Flat { .. } => quote_spanned! {ty.span()=>
            #vis #handle: <#ty as __rt::RedisFields>::Handles<#model, __rt::Always>
        },
        _ if wrapped => {
            let how = role.stored_as(handle).unwrap_or_else(|| quote!(__rt::Plain));
            quote!(#vis #handle: __rt::Field<#model, __W::Value<#ty>, __W::How<#how>>)
        }
        _ => {
            let how = role.stored_as(handle).map(|how| quote!(, #how));
            quote!(#vis #handle: __rt::Field<#model, #ty #how>)
        }
    }
}

/// The value of a handle.
pub(super) fn made(
    field: &Field<'_>,
    at: &Handle,
    model: &TokenStream,
    wrap: &TokenStream,
) -> TokenStream {
    let Field { member, ty, role, .. } = field;
    let handle = &member.handle;
    match role {
        Role::Flat { .. } => {
            let at = at.position();
            quote_spanned! {ty.span()=>
                #handle: <#ty as __rt::HandlesAt<#model, #wrap, #at>>::HANDLES
            }
        }
        _ => {
            let at = at.field();
            quote!(#handle: #at)
        }
    }
}

/// Whether the names are not simply those of the fields.
pub(super) fn has_columns(fields: &[Field<'_>]) -> bool {
    fields.iter().any(|field| match &field.role {
        Role::Flat { .. } => true,
        Role::Stored(stored) => {
            !stored.aliases.is_empty() || stored.ttl.is_some() || matches!(stored.how, How::Version)
        }
        Role::Key | Role::Skipped => false,
    })
}

/// `impl Declared`: the columns, for the names to be put together from.
pub(super) fn columns(ident: &Ident, generics: &Generics, fields: &[Field<'_>]) -> TokenStream {
    let (imp, ty, bounds) = generics.split_for_impl();
    let columns = fields.iter().filter_map(|field| match &field.role {
        Role::Key | Role::Skipped => None,
        Role::Flat { name } => {
            let ty = field.ty;
            Some(quote_spanned!(ty.span()=> __rt::Column::flat::<#ty>(#name)))
        }
        Role::Stored(Stored { name, how, aliases, ttl, .. }) => {
            let aliases = (!aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
            let ttl = ttl.map(|millis| {
                let millis = Literal::u64_unsuffixed(millis);
                quote!(.ttl(#millis))
            });
            let version = matches!(how, How::Version).then(|| quote!(.version()));
            Some(quote!(__rt::Column::new(#name) #aliases #ttl #version))
        }
    });
    quote! {
        #[automatically_derived]
        impl #imp __rt::Declared for #ident #ty #bounds {
            const COLUMNS: &'static [__rt::Column] = &[#(#columns),*];
        }
    }
}

/// The types that say what a missing field is: `default = "path"`.
pub(super) fn fallbacks(generics: &Generics, fields: &[Field<'_>]) -> TokenStream {
    let fallbacks = fields.iter().filter_map(|field| {
        let Role::Stored(Stored { default: Fallback::Path(path), .. }) = &field.role else {
            return None;
        };
        let (name, ty) = (fallback(&field.member.handle), field.ty);
        let generics = bounds::mentioned(generics, ty);
        let (imp, _, bounds) = generics.split_for_impl();
        let body = quote_spanned!(path.span()=> #path());
        Some(quote! {
            #[allow(non_camel_case_types)]
            pub struct #name;
            impl #imp __rt::Fallback<#ty> for #name #bounds {
                fn value() -> #ty { #body }
            }
        })
    });
    fallbacks.collect()
}

fn fallback(handle: &Ident) -> Ident {
    quote::format_ident!("__Default_{}", syn::ext::IdentExt::unraw(handle))
}

/// One line a field. Each stands at its type's place in the user's code, so
/// that what is wrong with the type is told there.
pub(super) fn puts(fields: &[Field<'_>]) -> impl Iterator<Item = TokenStream> {
    let it = local("it");
    fields.iter().filter_map(move |Field { member, ty, role, .. }| {
        let access = &member.access;
        match role {
            Role::Key | Role::Skipped => None,
            Role::Flat { .. } => Some(quote_spanned!(ty.span()=> .flat(|#it| &#it.#access))),
            Role::Stored(stored) => Some(match role.stored_as(&member.handle) {
                _ if matches!(stored.how, How::Version) => {
                    quote_spanned!(ty.span()=> .put_counter(|#it| &#it.#access))
                }
                how if stored.ttl.is_some() => {
                    let how = how.unwrap_or_else(|| quote!(__rt::Plain));
                    quote_spanned!(ty.span()=> .put_lapsing::<#how, _>(|#it| &#it.#access))
                }
                None => quote_spanned!(ty.span()=> .put(|#it| &#it.#access)),
                Some(how) => {
                    let span = stored.how.span(ty);
                    quote_spanned!(span=> .put_as::<#how, _>(|#it| &#it.#access))
                }
            }),
        }
    })
}

/// `Self { … }` or `Self(…)`, its fields read one after the other.
pub(super) fn made_of(fields: &[Field<'_>], row: &Ident) -> TokenStream {
    let values = fields.iter().map(|Field { member, ty, role, .. }| {
        let handle = &member.handle;
        let value = match role {
            Role::Key => return (member, quote!(#handle)),
            Role::Skipped => quote_spanned!(ty.span()=> __rt::Default::default()),
            Role::Flat { .. } => quote_spanned!(ty.span()=> #row.flat()?),
            Role::Stored(stored) => match role.stored_as(handle) {
                None => quote_spanned!(ty.span()=> #row.take()?),
                Some(how) => {
                    quote_spanned!(stored.how.span(ty)=> #row.take_as::<#how, _>()?)
                }
            },
        };
        match &member.access {
            syn::Member::Named(name) => (member, quote_spanned!(ty.span()=> #name: #value)),
            syn::Member::Unnamed(_) => (member, value),
        }
    });
    let (members, values): (Vec<_>, Vec<_>) = values.unzip();
    match members.first().map(|member| &member.access) {
        Some(syn::Member::Unnamed(_)) => quote!(Self(#(#values),*)),
        _ => quote!(Self { #(#values,)* }),
    }
}

/// A name that a field of the same name does not get into the way of.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl How {
    /// Where to tell that the type cannot be stored in this way.
    fn span(&self, ty: &Type) -> Span {
        match self {
            Self::Codec(codec) => codec.span(),
            Self::Shown { .. } | Self::EmptyAsNone(_) | Self::Plain | Self::Version => ty.span(),
        }
    }
}

impl Role {
    pub(super) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_) | Self::Flat { .. })
    }

    /// The `As` of a stored field, where it is not plain.
    pub(super) fn stored_as(&self, handle: &Ident) -> Option<TokenStream> {
        let Self::Stored(Stored { how, default, .. }) = self else { return None };
        let how = match how {
            How::Plain => None,
            How::Codec(codec) => Some(quote_spanned!(codec.span()=> __rt::Via<#codec>)),
            How::Shown { option: false, span } => Some(quote_spanned!(*span=> __rt::Shown)),
            How::Shown { option: true, span } => Some(quote_spanned!(*span=> __rt::ShownOption)),
            How::EmptyAsNone(span) => Some(quote_spanned!(*span=> __rt::EmptyAsNone)),
            How::Version => Some(quote!(__rt::Version)),
        };
        let inner = || how.clone().unwrap_or_else(|| quote!(__rt::Plain));
        match default {
            Fallback::None => how,
            Fallback::Default => {
                let inner = inner();
                Some(quote!(__rt::OrDefault<#inner>))
            }
            Fallback::Path(_) => {
                let (inner, name) = (inner(), fallback(handle).into_token_stream());
                Some(quote!(__rt::OrElse<#inner, #name>))
            }
        }
    }
}
