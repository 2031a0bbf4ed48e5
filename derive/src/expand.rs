//! The model as code. Nothing here fails.
//!
//! What is emitted for a small model, whole:
//! `expected/user.rs`.

mod blob;
mod bounds;
mod fields;
mod history;
mod nested;
mod value;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Data, DeriveInput};

use crate::field::{Field, Role};
use crate::model::{Model, Storage, handles};

pub(crate) use nested::nested;
pub(crate) use value::{key_part, value};

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
    let (id, spec) = (id_type(model), spec(model, stub));
    let visit = if stub { quote!(let _ = visit;) } else { visit(model) };
    let deprecated = allow_deprecated(input);
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
                fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
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
    let fields = if let Data::Struct(data) = &input.data { Some(&data.fields) } else { None };
    let variants = if let Data::Enum(data) = &input.data { Some(&data.variants) } else { None };
    let of_fields = fields.into_iter().flatten().flat_map(|field| &field.attrs);
    let of_variants = variants.into_iter().flatten().flat_map(|variant| &variant.attrs);
    let mut attributes = input.attrs.iter().chain(of_fields).chain(of_variants);
    attributes.any(|attribute: &Attribute| attribute.path().is_ident("deprecated"))
}

/// What a deprecated thing's own impls need.
fn allow_deprecated(input: &DeriveInput) -> Option<TokenStream> {
    uses_deprecated(input).then(|| quote!(#[allow(deprecated)]))
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
    let history = model.history.as_ref().filter(|_| !stub).map(history::item);
    match &model.storage {
        Storage::Hash(fields) if !fields.iter().any(Field::has_handle) => Shape {
            declaration: TokenStream::new(),
            handles: quote!(__rt::NoFields),
            value: quote!(__rt::NoFields::NONE),
            storage: if stub { quote!(__rt::Stub) } else { quote!(__rt::Hash) },
            marker: quote!(__rt::HashModel for #ident #ty #bounds { #history }),
        },
        Storage::Hash(fields) => {
            let (name, vis) = (handles(model.input), &model.input.vis);
            let parameters = bounds::plain(&model.input.generics, &[]);
            let of_handles = bounds::of_handles(&model.input.generics, fields);
            let this = quote!(#ident #ty);
            let positions = fields::positions(fields, None);
            let declared = positions.iter().map(|(field, _)| fields::declared(field, &this, false));
            let always = quote!(__rt::Always);
            let made =
                positions.iter().map(|(field, at)| fields::made(field, at, &quote!(Self), &always));
            let columns =
                fields::has_columns(fields).then(|| fields::columns(ident, &generics, fields));
            let fallbacks = fields::fallbacks(&model.input.generics, fields);
            let storage = if stub { quote!(__rt::Stub) } else { quote!(__rt::Hash) };
            Shape {
                declaration: quote! {
                    #fallbacks
                    #columns
                    #vis struct #name #parameters #of_handles { #(#declared,)* }
                },
                handles: quote!(#name #ty),
                value: quote!(#name { #(#made,)* }),
                storage,
                marker: quote!(__rt::HashModel for #ident #ty #bounds { #history }),
            }
        }
        Storage::Blob(blob) => Shape {
            declaration: if stub { TokenStream::new() } else { blob::assertions(model, blob) },
            handles: quote!(__rt::NoFields),
            value: quote!(__rt::NoFields::NONE),
            storage: if stub { quote!(__rt::Stub) } else { quote!(__rt::Blob) },
            marker: {
                let items = blob::items(model, blob);
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

fn spec(model: &Model<'_>, stub: bool) -> TokenStream {
    let fields: &[Field<'_>] =
        if let Storage::Hash(fields) = &model.storage { fields } else { &[] };
    let name = &model.name;
    let key = &model.key;
    let ttl = model.ttl.map(|millis| {
        let millis = proc_macro2::Literal::u64_unsuffixed(millis);
        quote!(.ttl(#millis))
    });
    let refresh = model.refresh.then(|| quote!(.refresh()));
    // Where a name is given twice, putting the names together would tell it again.
    if fields::has_columns(fields) && !stub {
        return quote! {
            __rt::Spec::new(#name, #key, <Self as __rt::Flattened>::FIELDS)
                .extras(<Self as __rt::Flattened>::EXTRAS) #ttl #refresh
        };
    }
    let names = fields.iter().filter_map(|field| match &field.role {
        Role::Stored(stored) => Some(&stored.name),
        Role::Key | Role::Skipped | Role::Flat { .. } => None,
    });
    quote!(__rt::Spec::new(#name, #key, &[#(#names),*]) #ttl #refresh)
}

/// One line a part of the key and a field.
fn visit(model: &Model<'_>) -> TokenStream {
    let it = fields::local("it");
    let parts = model.parts.iter().map(|part| {
        let access = &part.member.access;
        quote_spanned!(part.span()=> .part(|#it| &#it.#access))
    });
    let id: Vec<_> = model.parts.iter().map(|part| &part.member.handle).collect();
    let id = if let [only] = id.as_slice() { quote!(#only) } else { quote!((#(#id),*)) };
    let Storage::Hash(fields) = &model.storage else {
        let parts: Vec<_> = parts.collect();
        let keyed = (!parts.is_empty()).then(|| {
            let set = model.parts.iter().map(|part| {
                let (access, handle) = (&part.member.access, &part.member.handle);
                quote!(#it.#access = #handle)
            });
            quote!(.keyed(|#it, #id| { #(#set;)* }))
        });
        return quote!(visit #(#parts)* #keyed;);
    };
    let row = fields::local("row");
    let (puts, made) = (fields::puts(fields), fields::made_of(fields, &row));
    let list = quote!(#(#parts)* #(#puts)*);
    let list = (!list.is_empty()).then(|| quote!(visit #list;));
    quote! {
        #list
        visit.make(|#id, #row| __rt::Ok(#made));
    }
}
