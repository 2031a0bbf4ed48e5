//! The derive macros of `redis-model`; their documentation is there.
//!
//! Three passes: attributes are read (`attr`), checked and turned into a
//! `model`, and that is expanded (`expand`), which never fails. Mistakes are
//! collected (`ctxt`) and reported all at once; next to them stands an empty
//! impl, so that one mistake does not make errors wherever the type is used.

mod attr;
mod blob;
mod case;
mod ctxt;
mod expand;
mod key;
mod model;
mod spell;
#[cfg(test)]
mod tests;
mod ttl;

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
        None => expand::mistakes(&mistakes),
    }
}
