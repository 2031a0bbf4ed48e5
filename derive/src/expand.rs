//! The model as code. Nothing here fails.
//!
//! The whole expansion of a small model: `expected/user.rs`.

mod blob;
mod bounds;
mod fields;
mod flattened;
mod group;
mod this;
mod value;
mod versions;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

use crate::attr::Attrs;
use crate::field::{Field, FieldRole};
use crate::model::{Model, Part, Storage, crate_path_or_default, handles};

pub(crate) use flattened::flattened;
pub(crate) use group::group;
pub(crate) use value::{key_part, value};

/// The impls of a model, or stubs of them next to its mistakes: with the same
/// types, so that the rest of the user's code is checked as without mistakes.
pub(crate) fn model(model: &Model<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Model { input, crate_path, .. } = model;
    let ident = &input.ident;
    let (_, ty, _) = input.generics.split_for_impl();
    let generics = bounds::with_bounds(model);
    let (imp, _, bounds) = generics.split_for_impl();
    let stub = !mistakes.is_empty();
    let StorageParts { declaration, handles, value, storage, marker } = storage(model, stub);
    let (place, id, schema) = (id_place(model), id_type(model), schema(model, stub));
    let id = quote_spanned!(place=> type Id = #id;);
    let visit = fields::local("visit");
    let list = if stub { quote!(let _ = #visit;) } else { self::visit(model) };
    let visit = quote_spanned! {place=>
        fn visit(#visit: &mut __rt::Visitor<'_, Self, Self::Id>) { #list }
    };
    // A mistake elsewhere must not make an error of a call that needs the TTL.
    let has_ttl = (model.ttl.is_some() || stub)
        .then(|| quote!(impl #imp __rt::HasTtl for #ident #ty #bounds {}));
    let items = quote! {
        #declaration
        #[automatically_derived]
        impl #imp __rt::RedisModel for #ident #ty #bounds {
            #id
            type Fields = #handles;
            type Storage = #storage;
            const FIELDS: #handles = #value;
            const SCHEMA: __rt::Schema = #schema;
            #visit
        }
        impl #imp #marker
        #has_ttl
    };
    wrapped(crate_path, mistakes, &items)
}

/// Wraps items so that their names and lints do not reach the user's code.
fn wrapped(crate_path: &syn::Path, mistakes: &[syn::Error], items: &TokenStream) -> TokenStream {
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    quote! {
        #(#mistakes)*
        #[allow(warnings, deprecated, unused_parens, unused_qualifications)]
        const _: () = {
            use #crate_path::__private as __rt;
            #items
        };
    }
}

/// The mistakes of something that is not a model, and a stub that takes any id, so that
/// its uses do not make more errors.
pub(crate) fn no_model(input: &DeriveInput, attrs: &Attrs, mistakes: &[syn::Error]) -> TokenStream {
    let (ident, (imp, ty, bounds)) = (&input.ident, input.generics.split_for_impl());
    let (name, visit) = (ident.to_string(), fields::local("visit"));
    let stub = quote! {
        #[automatically_derived]
        impl #imp __rt::RedisModel for #ident #ty #bounds {
            type Id = __rt::Stub;
            type Fields = __rt::NoFields;
            type Storage = __rt::Stub;
            const FIELDS: __rt::NoFields = __rt::NoFields::NONE;
            const SCHEMA: __rt::Schema = __rt::model(#name, "", &[]);
            fn visit(#visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
                let _ = #visit;
            }
        }
        impl #imp __rt::HashModel for #ident #ty #bounds {}
        impl #imp __rt::HasTtl for #ident #ty #bounds {}
    };
    with_stub(input, attrs, mistakes, &stub)
}

/// The mistakes of something that cannot be flattened, and a stub without fields.
pub(crate) fn no_fields(
    input: &DeriveInput,
    attrs: &Attrs,
    mistakes: &[syn::Error],
) -> TokenStream {
    let generics = bounds::with_static(&input.generics);
    let (ident, visit) = (&input.ident, fields::local("visit"));
    let (imp, ty, bounds) = generics.split_for_impl();
    let stub = quote! {
        #[automatically_derived]
        impl #imp __rt::RedisFields for #ident #ty #bounds {
            type Handles<__M, __P: __rt::Presence> = __rt::Stub;
            const COLUMNS: __rt::Columns = __rt::Columns::new(&[__rt::Column::new("")]);
            fn visit(#visit: &mut __rt::Visitor<'_, Self>) {
                let _ = #visit;
            }
        }
    };
    with_stub(input, attrs, mistakes, &stub)
}

/// The mistakes and a stub, unless the type has lifetimes: an impl for such would report
/// more mistakes.
fn with_stub(
    input: &DeriveInput,
    attrs: &Attrs,
    mistakes: &[syn::Error],
    stub: &TokenStream,
) -> TokenStream {
    let has_lifetimes = input.generics.lifetimes().next().is_some();
    let stub = if has_lifetimes { &TokenStream::new() } else { stub };
    wrapped(&crate_path_or_default(attrs), mistakes, stub)
}

/// The parts of the expansion that depend on the storage.
struct StorageParts {
    /// The struct of field handles, its type and its value.
    declaration: TokenStream,
    handles: TokenStream,
    value: TokenStream,
    storage: TokenStream,
    /// The second impl, from its trait on.
    marker: TokenStream,
}

fn storage(model: &Model<'_>, stub: bool) -> StorageParts {
    let ident = &model.input.ident;
    let generics = bounds::with_bounds(model);
    let (_, ty, bounds) = generics.split_for_impl();
    let stubbed = |storage: TokenStream| if stub { quote!(__rt::Stub) } else { storage };
    let no_handles = (quote!(__rt::NoFields), quote!(__rt::NoFields::NONE));
    match &model.storage {
        Storage::Hash(fields) => {
            let versions = model.versions.as_ref().filter(|_| !stub).map(versions::hash);
            let marker = quote!(__rt::HashModel for #ident #ty #bounds { #versions });
            let storage = stubbed(quote!(__rt::Hash));
            if !fields.iter().any(Field::is_stored) {
                let (handles, value) = no_handles;
                let declaration = TokenStream::new();
                return StorageParts { declaration, handles, value, storage, marker };
            }
            let (mut name, vis) = (handles(model.input), &model.input.vis);
            if let Some(flattened) = fields.iter().find(|field| field.is_flattened()) {
                // A flattened struct without handles makes an error here, too.
                name.set_span(flattened.ty.span());
            }
            let declared = fields::declared(fields, model.input, None);
            let made = fields::made(fields, None, &quote!(Self), &quote!(__rt::Required));
            let parameters = bounds::plain(&model.input.generics, &[]);
            let clause = bounds::own_clause(model.input);
            let columns = (!stub && fields.iter().any(Field::is_flattened))
                .then(|| fields::flat_columns(ident, &generics, fields));
            let texts = fields::texts(fields);
            let defaults = fields::default_values(model.input, fields);
            let at_trait = fields::use_at(fields);
            // The last field of a struct must be known to be sized. A flattened struct is not
            // if it has no handles, which would be reported once more.
            let last = fields.iter().rfind(|field| field.is_stored());
            let last = last.filter(|field| field.is_flattened());
            let end = last.map(|_| quote!(__end: ()));
            let declaration = quote! {
                #at_trait
                #defaults
                #texts
                #columns
                #vis struct #name #parameters #clause { #(#declared,)* #end }
            };
            let (handles, value) = (quote!(#name #ty), quote!(#name { #(#made,)* #end }));
            StorageParts { declaration, handles, value, storage, marker }
        }
        Storage::Blob(blob) => {
            let declaration = if stub { TokenStream::new() } else { blob::assertions(model, blob) };
            let (handles, value) = no_handles;
            let items = blob::items(model, blob, stub);
            let marker = quote!(__rt::BlobModel for #ident #ty #bounds { #items });
            StorageParts {
                declaration,
                handles,
                value,
                storage: stubbed(quote!(__rt::Blob)),
                marker,
            }
        }
    }
}

/// The id: the type of the one field that the key names, or a tuple.
fn id_type(model: &Model<'_>) -> TokenStream {
    match model.parts.as_slice() {
        [only] => only.ty.to_token_stream(),
        parts => {
            let place = id_place(model);
            let types = parts.iter().map(|part| {
                let ty = fields::at_one_place(part.ty, place);
                quote_spanned!(place=> <#ty as __rt::KeyPartType>::Part)
            });
            quote_spanned!(place=> (#(#types),*))
        }
    }
}

/// Returns the place of mistakes in an id. If the key names several fields, rustc finds
/// such a mistake wherever the id is mentioned, and reports it once for each place.
fn id_place(model: &Model<'_>) -> Span {
    match model.parts.as_slice() {
        [] => Span::call_site(),
        [only] => only.span(),
        _ => model.key.span(),
    }
}

fn schema(model: &Model<'_>, stub: bool) -> TokenStream {
    let fields: &[Field<'_>] =
        if let Storage::Hash(fields) = &model.storage { fields } else { &[] };
    let (name, key) = (&model.name, &model.key);
    let ttl = model.ttl.map(|millis| {
        let millis = Literal::u64_unsuffixed(millis);
        quote!(.ttl(#millis))
    });
    let refresh = model.refresh.then(|| quote!(.refresh()));
    // With mistakes, putting the names together could report one of them again.
    if fields.iter().any(Field::is_flattened) && !stub {
        return quote!(__rt::Schema::flattened::<Self>(#name, #key) #ttl #refresh);
    }
    let names = fields.iter().filter_map(|field| match &field.role {
        FieldRole::Stored(stored) => Some(&stored.name),
        FieldRole::Key | FieldRole::Skipped(_) | FieldRole::Flattened { .. } => None,
    });
    let options = fields::options(fields);
    quote!(__rt::model(#name, #key, &[#(#names),*]) #options #ttl #refresh)
}

/// One call for each part of the key and each field.
fn visit(model: &Model<'_>) -> TokenStream {
    let generics = &model.input.generics;
    let (visit, m) = (fields::local("visit"), fields::local("m"));
    let parts = model.parts.iter().map(|part| {
        let access = &part.member.access;
        fields::Call::Chained(quote_spanned!(part.span()=> .key_part(|#m| &#m.#access)))
    });
    let place = id_place(model);
    let id = Ident::new("id", place);
    // `id` if the key names one field, else `id.0`, `id.1` and so on.
    let ids = model.parts.iter().enumerate().map(|(at, _)| {
        let at = Literal::usize_unsuffixed(at);
        if model.parts.len() == 1 { quote!(#id) } else { quote_spanned!(place=> #id.#at) }
    });
    let ids: Vec<_> = ids.collect();
    match &model.storage {
        Storage::Hash(fields) => {
            let row = fields::local("row");
            let list = fields::statements(parts.chain(fields::visits(fields, generics)));
            let id_of = |field: &Field<'_>| {
                let of = |part: &Part<'_>| part.member.handle == field.member.handle;
                model.parts.iter().position(of).map(|at| ids[at].clone())
            };
            let made = fields::made_of(fields, generics, &row, id_of);
            let construct = quote_spanned!(place=> #visit.construct(|#id, #row| __rt::Ok(#made)););
            quote! {
                #list
                #construct
            }
        }
        Storage::Blob(_) if model.parts.is_empty() => quote!(let _ = #visit;),
        Storage::Blob(_) => {
            let list = fields::statements(parts);
            let set = model.parts.iter().zip(&ids).map(|(part, id)| {
                let access = &part.member.access;
                quote!(#m.#access = #id)
            });
            let set_id = quote_spanned!(place=> #visit.set_id(|#m, #id| { #(#set;)* }););
            quote! {
                #list
                #set_id
            }
        }
    }
}
