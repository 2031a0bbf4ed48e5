//! The model as code. Nothing here fails.
//!
//! What is emitted for a small model, whole:
//! `expected/user.rs`.

mod blob;
mod bounds;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Ident, Type};

use crate::model::{Field, Model, Role, Storage};

/// The impls of a model, or stubs of them next to its mistakes: with the same
/// types, so that the rest of the user's code is checked as if all were well.
pub(crate) fn model(model: &Model<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Model { input, krate, .. } = model;
    let ident = &input.ident;
    let (_, ty, _) = input.generics.split_for_impl();
    let generics = bounds::with_bounds(model);
    let (imp, _, bounds) = generics.split_for_impl();
    let stub = !mistakes.is_empty();
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    let Shape { declaration, handles, value, storage, marker } = shape(model, stub);
    let (id, spec) = (id_type(model), spec(model));
    let visit = if stub { quote!(let _ = __v;) } else { visit(model) };
    let deprecated = uses_deprecated(input).then(|| quote!(#[allow(deprecated)]));
    quote! {
        #(#mistakes)*
        #deprecated
        const _: () = {
            use #krate::__private as __rt;
            #declaration
            #[automatically_derived]
            impl #imp __rt::RedisModel for #ident #ty #bounds {
                type Id = #id;
                type Fields = #handles;
                type Storage = #storage;
                const FIELDS: #handles = #value;
                const SPEC: __rt::Spec = #spec;
                fn visit<__V: __rt::Visit<Self>>(__v: &mut __V) {
                    #visit
                }
            }
            #[automatically_derived]
            impl #imp #marker
        };
    }
}

/// Whether deriving for it would warn the user of the user's own struct.
fn uses_deprecated(input: &DeriveInput) -> bool {
    let mut attributes = input.attrs.iter();
    let fields = if let Data::Struct(data) = &input.data { Some(&data.fields) } else { None };
    let mut of_fields = fields.into_iter().flatten().flat_map(|field| &field.attrs);
    let deprecated = |attribute: &Attribute| attribute.path().is_ident("deprecated");
    attributes.any(deprecated) || of_fields.any(deprecated)
}

/// For what is not a struct with named fields: only the mistakes.
pub(crate) fn mistakes(mistakes: &[syn::Error]) -> TokenStream {
    mistakes.iter().map(syn::Error::to_compile_error).collect()
}

/// What depends on how the model is stored.
struct Shape {
    /// The struct of field handles, its type and its value.
    declaration: TokenStream,
    handles: TokenStream,
    value: TokenStream,
    storage: TokenStream,
    /// The second impl, from its trait on.
    marker: TokenStream,
}

fn shape(model: &Model<'_>, stub: bool) -> Shape {
    let ident = &model.input.ident;
    let generics = bounds::with_bounds(model);
    let (_, ty, bounds) = generics.split_for_impl();
    match &model.storage {
        Storage::Hash(fields) if fields.iter().all(|field| field.role.name().is_none()) => Shape {
            declaration: TokenStream::new(),
            handles: quote!(__rt::NoFields),
            value: quote!(__rt::NoFields::NONE),
            storage: if stub { quote!(__rt::Stub) } else { quote!(__rt::Hash) },
            marker: quote!(__rt::HashModel for #ident #ty #bounds {}),
        },
        Storage::Hash(fields) => {
            let (name, vis) = (model.handles(), &model.input.vis);
            let parameters = bounds::plain(&model.input.generics);
            let stored: Vec<_> =
                fields.iter().filter(|field| field.role.name().is_some()).collect();
            let declared = stored.iter().map(|Field { member, ty: value, vis, role }| {
                let how = role.stored_as().map(|how| quote!(, #how));
                quote!(#vis #member: __rt::Field<#ident #ty, #value #how>)
            });
            let made = stored.iter().enumerate().map(|(at, Field { member, .. })| {
                let at = Literal::usize_unsuffixed(at);
                quote!(#member: __rt::at(#at))
            });
            let storage = if stub { quote!(__rt::Stub) } else { quote!(__rt::Hash) };
            Shape {
                declaration: quote!(#vis struct #name #parameters { #(#declared,)* }),
                handles: quote!(#name #ty),
                value: quote!(#name { #(#made,)* }),
                storage,
                marker: quote!(__rt::HashModel for #ident #ty #bounds {}),
            }
        }
        Storage::Blob(blob) => Shape {
            declaration: if stub { TokenStream::new() } else { blob::assertions(model, blob) },
            handles: quote!(__rt::NoFields),
            value: quote!(__rt::NoFields::NONE),
            storage: if stub { quote!(__rt::Stub) } else { quote!(__rt::Blob) },
            marker: {
                let items = blob::items(blob);
                quote!(__rt::BlobModel for #ident #ty #bounds { #items })
            },
        },
    }
}

/// The id: the type of the one field that the key names, or a tuple.
fn id_type(model: &Model<'_>) -> TokenStream {
    match model.parts.as_slice() {
        [only] => only.ty.to_token_stream(),
        parts => {
            let types = parts.iter().map(|part| part.ty);
            quote!((#(#types),*))
        }
    }
}

fn spec(model: &Model<'_>) -> TokenStream {
    let fields: &[Field<'_>] =
        if let Storage::Hash(fields) = &model.storage { fields } else { &[] };
    let names = fields.iter().filter_map(|field| field.role.name());
    let name = &model.name;
    let key = &model.key;
    let ttl = model.ttl.map(|millis| {
        let millis = proc_macro2::Literal::u64_unsuffixed(millis);
        quote!(.ttl(#millis))
    });
    quote!(__rt::Spec::new(#name, #key, &[#(#names),*]) #ttl)
}

/// One line a part of the key and a field. Each stands at its type's place in
/// the user's code, so that what is wrong with the type is told there.
fn visit(model: &Model<'_>) -> TokenStream {
    let parts = model.parts.iter().map(|part| {
        let member = part.member;
        quote_spanned!(part.span()=> .part(|it| &it.#member))
    });
    let Storage::Hash(fields) = &model.storage else { return quote!(__v #(#parts)*;) };
    let puts = fields.iter().filter_map(|Field { member, ty, role, .. }| match role {
        Role::Key | Role::Skipped => None,
        Role::Stored { .. } => Some(match role.stored_as() {
            None => quote_spanned!(ty.span()=> .put(|it| &it.#member)),
            Some(how) => quote_spanned!(role.span(ty)=> .put_as::<#how, _>(|it| &it.#member)),
        }),
    });
    let takes = fields.iter().map(|Field { member, ty, role, .. }| match role {
        Role::Key => quote!(#member),
        Role::Skipped => quote_spanned!(ty.span()=> #member: __rt::Default::default()),
        Role::Stored { .. } => match role.stored_as() {
            None => quote_spanned!(ty.span()=> #member: __r.take()?),
            Some(how) => quote_spanned!(role.span(ty)=> #member: __r.take_as::<#how, _>()?),
        },
    });
    let id: Vec<&Ident> = model.parts.iter().map(|part| part.member).collect();
    let id = if let [only] = id.as_slice() { quote!(#only) } else { quote!((#(#id),*)) };
    let list = quote!(#(#parts)* #(#puts)*);
    let list = (!list.is_empty()).then(|| quote!(__v #list;));
    quote! {
        #list
        __v.make(|#id, __r| __rt::Ok(Self { #(#takes,)* }));
    }
}

impl Role {
    /// The name under which it is stored, if it is.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Stored { name, .. } => Some(name),
            Self::Key | Self::Skipped => None,
        }
    }

    /// Where to tell what is wrong with storing it: at the codec, or at the type.
    fn span(&self, ty: &Type) -> Span {
        match self {
            Self::Stored { codec: Some(codec), .. } => codec.span(),
            Self::Stored { codec: None, .. } | Self::Key | Self::Skipped => ty.span(),
        }
    }

    /// The `As` of a stored field, where it is not plain.
    fn stored_as(&self) -> Option<TokenStream> {
        let Self::Stored { codec, default, .. } = self else { return None };
        let how = codec.as_ref().map(|codec| quote_spanned!(codec.span()=> __rt::Via<#codec>));
        if *default {
            let inner = how.unwrap_or_else(|| quote!(__rt::Plain));
            return Some(quote!(__rt::OrDefault<#inner>));
        }
        how
    }
}
