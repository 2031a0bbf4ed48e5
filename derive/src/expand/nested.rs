//! A struct that models flatten, as code.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, parse_quote};

use super::{bounds, fields};
use crate::model::{Nested, handles};

pub(crate) fn nested(nested: &Nested<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Nested { input, krate, fields } = nested;
    let (ident, vis) = (&input.ident, &input.vis);
    let stub = !mistakes.is_empty();
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    let own = bounds::with_static(&input.generics);
    let generics = bounds::of_fields(&own, fields, None);
    let (imp, ty, bounds) = generics.split_for_impl();

    let name = handles(input);
    let parameters = bounds::plain(&input.generics, &[quote!(__M), quote!(__W: __rt::Wrap)]);
    let arguments = arguments(&input.generics);
    let of_handles = bounds::of_handles(&input.generics, fields);
    let model = quote!(__M);
    let declared = fields
        .iter()
        .filter(|field| field.role.is_stored())
        .map(|field| fields::declared(field, &model, true));

    let mut at_generics =
        bounds::of_fields(&own, fields, Some((&model, &quote!(__W), quote!(__P))));
    at_generics.params.push(parse_quote!(__M));
    at_generics.params.push(parse_quote!(__W: __rt::Wrap));
    at_generics.params.push(parse_quote!(__P: __rt::Position));
    let (at_imp, _, at_bounds) = at_generics.split_for_impl();
    let made = fields::positions(fields, Some(quote!(__P)));
    let made = made.iter().map(|(field, at)| fields::made(field, at, &model, &quote!(__W)));

    let row = fields::local("row");
    let visit = if stub {
        quote!(let _ = visit;)
    } else {
        let (puts, made) = (fields::puts(fields), fields::made_of(fields, &row));
        let puts = quote!(#(#puts)*);
        let list = (!puts.is_empty()).then(|| quote!(visit #puts;));
        quote! {
            #list
            visit.build(|#row| __rt::Ok(#made));
        }
    };
    let columns = fields::columns(ident, &generics, fields);
    let fallbacks = fields::fallbacks(&input.generics, fields);
    let deprecated = super::allow_deprecated(input);
    quote! {
        #(#mistakes)*
        #deprecated
        const _: () = {
            use #krate::__private as __rt;
            #fallbacks
            #vis struct #name #parameters #of_handles { #(#declared,)* }
            #columns
            #[automatically_derived]
            impl #imp __rt::RedisFields for #ident #ty #bounds {
                type Handles<__M, __W: __rt::Wrap> = #name #arguments;
                fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
                    #visit
                }
            }
            #[automatically_derived]
            impl #at_imp __rt::HandlesAt<__M, __W, __P> for #ident #ty #at_bounds {
                const HANDLES: #name #arguments = #name { #(#made,)* };
            }
        };
    }
}

/// `<T, N, __M, __W>`
fn arguments(generics: &syn::Generics) -> TokenStream {
    let own = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Const(parameter) => &parameter.ident,
        GenericParam::Type(parameter) => &parameter.ident,
        GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
    });
    quote!(<#(#own,)* __M, __W>)
}
