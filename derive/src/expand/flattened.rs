//! A struct that models flatten, as code.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Generics};

use super::{bounds, fields, this, wrapped};
use crate::model::{FlattenedStruct, handles};

pub(crate) fn flattened(flattened: &FlattenedStruct<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let FlattenedStruct { input, crate_path, fields } = flattened;
    let (ident, vis) = (&input.ident, &input.vis);
    let own = bounds::with_static(&input.generics);
    let generics = bounds::of_fields(&own, fields);
    let (imp, ty, bounds) = generics.split_for_impl();

    let name = handles(input);
    let (model, presence) = (quote!(__M), quote!(__P));
    let more = [quote!(__M), quote!(__P: __rt::Presence)];
    let parameters = bounds::plain(&input.generics, &more);
    let arguments = arguments(&input.generics);
    let clause = bounds::own_clause(input);
    let declared = fields::declared(fields, input, Some((&model, &presence)));
    let (at, visit) = (fields::local("at"), fields::local("visit"));
    let made = fields::made(fields, Some(&at), &model, &presence);
    // Mentions all parameters, also those of skipped fields. As the last field it must be
    // known to be sized, which the handles of a flattened struct may not be.
    let this = this::tokens(input);
    let types = quote!(__types: __rt::PhantomData);

    let body = if mistakes.is_empty() {
        let row = fields::local("row");
        let list = fields::statements(fields::visits(fields, &input.generics));
        let made = fields::made_of(fields, &input.generics, &row, |_| None);
        quote! {
            #list
            #visit.construct(|(), #row| __rt::Ok(#made));
        }
    } else {
        quote!(let _ = #visit;)
    };
    let columns = fields::columns(fields);
    let texts = fields::texts(fields);
    let defaults = fields::default_values(input, fields);
    let at_trait = fields::use_at(fields);
    let items = quote! {
        #at_trait
        #defaults
        #texts
        #vis struct #name #parameters #clause { #(#declared,)* #types<fn() -> (#this, __M, __P)> }
        impl #parameters #name #arguments #clause {
            pub const fn at(#at: __rt::u16) -> Self {
                Self { #(#made,)* #types }
            }
        }
        #[automatically_derived]
        impl #imp __rt::RedisFields for #ident #ty #bounds {
            type Handles<__M, __P: __rt::Presence> = #name #arguments;
            const COLUMNS: __rt::Columns = __rt::Columns::new(&[#(#columns),*]);
            fn visit(#visit: &mut __rt::Visitor<'_, Self>) {
                #body
            }
        }
    };
    wrapped(crate_path, mistakes, &items)
}

/// `<T, N, __M, __P>`
fn arguments(generics: &Generics) -> TokenStream {
    let own = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Const(parameter) => &parameter.ident,
        GenericParam::Type(parameter) => &parameter.ident,
        GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
    });
    quote!(<#(#own,)* __M, __P>)
}
