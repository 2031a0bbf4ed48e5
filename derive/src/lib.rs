//! The derive macros of `redis-model`; their documentation is there.
//!
//! Three passes: attributes are read (`attr`), checked and turned into a
//! `model`, and that is expanded (`expand`), which never fails. Mistakes are
//! collected (`ctxt`) and reported all at once, together with an empty impl, so that one
//! mistake does not make errors wherever the type is used.

mod attr;
mod blob;
mod case;
mod ctxt;
mod expand;
mod field;
mod group;
mod hint;
mod key;
mod model;
mod suggest;
#[cfg(test)]
mod tests;
mod ttl;
mod value;
mod versions;

use proc_macro::TokenStream;
use syn::DeriveInput;

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(RedisModel, attributes(redis))]
pub fn redis_model(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive_model(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive_model(input: &DeriveInput) -> proc_macro2::TokenStream {
    let ctxt = ctxt::Ctxt::new();
    let attrs = attr::Attrs::read(&ctxt, &input.attrs, attr::Site::Struct);
    let model = model::Model::check(&ctxt, input, &attrs);
    let mistakes = ctxt.check();
    match model {
        Some(model) => expand::model(&model, &mistakes),
        None => expand::no_model(input, &attrs, &mistakes),
    }
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(RedisFields, attributes(redis))]
pub fn redis_fields(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive_fields(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive_fields(input: &DeriveInput) -> proc_macro2::TokenStream {
    let ctxt = ctxt::Ctxt::new();
    let attrs = attr::Attrs::read(&ctxt, &input.attrs, attr::Site::Flattened);
    let flattened = model::FlattenedStruct::check(&ctxt, input, &attrs);
    let mistakes = ctxt.check();
    match flattened {
        Some(flattened) => expand::flattened(&flattened, &mistakes),
        None => expand::no_fields(input, &attrs, &mistakes),
    }
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(RedisKeys, attributes(redis))]
pub fn redis_keys(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive_keys(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive_keys(input: &DeriveInput) -> proc_macro2::TokenStream {
    let ctxt = ctxt::Ctxt::new();
    let attrs = attr::Attrs::read(&ctxt, &input.attrs, attr::Site::Group);
    let group = group::Group::check(&ctxt, input, &attrs);
    let mistakes = ctxt.check();
    expand::group(&group, &mistakes)
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(RedisValue, attributes(redis))]
pub fn redis_value(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive_value(&input, expand::value).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(KeyPart, attributes(redis))]
pub fn key_part(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive_value(&input, expand::key_part).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive_value(
    input: &DeriveInput,
    expand: fn(&value::Value<'_>, &[syn::Error]) -> proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let ctxt = ctxt::Ctxt::new();
    let attrs = attr::Attrs::read(&ctxt, &input.attrs, attr::Site::Value);
    let value = value::Value::check(&ctxt, input, &attrs);
    let mistakes = ctxt.check();
    expand(&value, &mistakes)
}
