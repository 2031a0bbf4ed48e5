//! Values as code.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned;

use super::fields::local;
use super::{bounds, wrapped};
use crate::value::{Kind, Other, Value, Variant};

/// `impl RedisValue`.
pub(crate) fn value(value: &Value<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Value { input, crate_path, kind } = value;
    let mut generics = bounds::generated(&input.generics);
    if let Kind::Newtype { ty, .. } = kind
        && generics.type_params().next().is_some()
    {
        generics.make_where_clause().predicates.push(parse_quote!(#ty: __rt::RedisValue));
    }
    let (imp, ty, bounds) = generics.split_for_impl();
    let (ident, body) = (&input.ident, body(&input.ident, kind, !mistakes.is_empty()));
    let items = quote! {
        #[automatically_derived]
        impl #imp __rt::RedisValue for #ident #ty #bounds {
            #body
        }
    };
    wrapped(crate_path, mistakes, &items)
}

/// `impl KeyPart`.
pub(crate) fn key_part(value: &Value<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Value { input, crate_path, kind } = value;
    let mut generics = bounds::generated(&input.generics);
    let (this, out, text) = (this(&input.ident), local("out"), local("text"));
    let (write, read) = match kind {
        Kind::Newtype { member, ty } => {
            if generics.type_params().next().is_some() {
                generics.make_where_clause().predicates.push(parse_quote!(#ty: __rt::KeyPart));
            }
            (
                quote_spanned!(ty.span()=> <#ty as __rt::KeyPart>::write_part(&#this.#member, #out)),
                made_of(
                    member,
                    quote_spanned!(ty.span()=> <#ty as __rt::KeyPart>::read_part(#text)?),
                ),
            )
        }
        Kind::Names { .. } | Kind::Numbers { .. } => {
            let span = input.ident.span();
            (
                quote_spanned!(span=> #out.value::<Self>(#this)),
                quote!(__rt::value::read_part(#text)),
            )
        }
        Kind::Mistake => (TokenStream::new(), TokenStream::new()),
    };
    let (imp, ty, bounds) = generics.split_for_impl();
    let ident = &input.ident;
    let stub = quote!(let _ = #text; __rt::Err(__rt::value::unknown()));
    let (write, read) = match kind {
        _ if mistakes.is_empty() => (write, read),
        Kind::Newtype { .. } | Kind::Mistake => (quote!(let _ = #out;), stub),
        // Without the derive of `RedisValue` too, the use of its trait makes the one error.
        Kind::Names { .. } | Kind::Numbers { .. } => (write, stub),
    };
    // An enum derives `RedisValue`, too, which reports the mistakes in its attributes.
    let mistakes = match kind {
        Kind::Newtype { .. } | Kind::Mistake => mistakes,
        Kind::Names { .. } | Kind::Numbers { .. } => &[],
    };
    let key_part = quote_spanned!(ident.span()=> __rt::KeyPart);
    let items = quote! {
        #[automatically_derived]
        impl #imp #key_part for #ident #ty #bounds {
            fn write_part(&self, #out: &mut __rt::PartWriter<'_>) { #write }
            fn read_part(#text: &__rt::str) -> __rt::Result<Self, __rt::ValueError> { #read }
        }
    };
    wrapped(crate_path, mistakes, &items)
}

/// Returns a newtype made of its only field.
fn made_of(member: &syn::Member, value: TokenStream) -> TokenStream {
    match member {
        syn::Member::Named(name) => quote!(__rt::Ok(Self { #name: #value })),
        syn::Member::Unnamed(_) => quote!(__rt::Ok(Self(#value))),
    }
}

fn body(ident: &Ident, kind: &Kind<'_>, stub: bool) -> TokenStream {
    let (this, out, bytes, number_read) =
        (this(ident), local("out"), local("bytes"), local("number"));
    let (size, write, read) = if stub {
        (
            None,
            quote!(let _ = #out; __rt::Ok(())),
            quote!(let _ = #bytes; __rt::Err(__rt::value::unknown())),
        )
    } else {
        match kind {
            Kind::Newtype { member, ty } => {
                let inner = quote_spanned!(ty.span()=> <#ty as __rt::RedisValue>);
                let size = quote! {
                    const COMPARED: &'static __rt::str = #inner::COMPARED;
                    fn size_hint(&self) -> __rt::usize { #inner::size_hint(&#this.#member) }
                };
                let read = made_of(member, quote!(#inner::read(#bytes)?));
                (Some(size), quote!(#inner::write(&#this.#member, #out)), read)
            }
            Kind::Mistake => Default::default(),
            Kind::Names { variants, other } => {
                let writes = variants.iter().map(|Variant { ident, name, .. }| {
                    quote!(Self::#ident => __rt::value::name(#name, #out))
                });
                let writes = writes.chain(keep(other));
                let reads = variants.iter().map(|Variant { ident, name, aliases, .. }| {
                    let names = std::iter::once(name.clone())
                        .chain(aliases.iter().map(|alias| alias.value()))
                        .map(|name| Literal::byte_string(name.as_bytes()));
                    quote!(#(#names)|* => __rt::Ok(Self::#ident))
                });
                let otherwise = otherwise(other);
                let read = quote!(match &#bytes[..] { #(#reads,)* _ => #otherwise });
                (None, quote!(match #this { #(#writes,)* }), read)
            }
            Kind::Numbers { variants, other } => {
                // An enum with data cannot be cast.
                let casts = other.as_ref().is_none_or(|other| other.keeps.is_none());
                let number = |variant: &Variant<'_>| {
                    if casts {
                        let ident = variant.ident;
                        return quote!(Self::#ident as __rt::i128);
                    }
                    let (base, more) = variant.discriminant;
                    let more = Literal::i64_unsuffixed(more);
                    match base {
                        Some(base) => quote!((#base) as __rt::i128 + #more),
                        None => quote!(#more),
                    }
                };
                let writes = variants.iter().map(|variant| {
                    let (ident, number) = (variant.ident, number(variant));
                    quote!(Self::#ident => __rt::value::number(#number, #out))
                });
                let writes = writes.chain(keep(other));
                let reads = variants.iter().map(|variant| {
                    let (ident, number) = (variant.ident, number(variant));
                    quote!(__rt::Ok(#number_read) if #number_read == #number => __rt::Ok(Self::#ident))
                });
                let otherwise = otherwise(other);
                let read =
                    quote!(match __rt::value::read_number(&#bytes) { #(#reads,)* _ => #otherwise });
                (None, quote!(match #this { #(#writes,)* }), read)
            }
        }
    };
    quote! {
        #size
        fn write<__W: __rt::Write>(&self, #out: &mut __W) -> __rt::Result<(), __rt::ValueError> {
            #write
        }
        fn read(#bytes: __rt::Vec<__rt::u8>) -> __rt::Result<Self, __rt::ValueError> {
            #read
        }
    }
}

/// Returns the arm of an `other` that keeps the stored value.
fn keep(other: &Option<Other<'_>>) -> Option<TokenStream> {
    let Other { ident, keeps } = other.as_ref()?;
    let (kept, out) = (local("kept"), local("out"));
    keeps.map(|ty| {
        quote_spanned!(ty.span()=> Self::#ident(#kept) => <#ty as __rt::RedisValue>::write(#kept, #out))
    })
}

fn otherwise(other: &Option<Other<'_>>) -> TokenStream {
    match other {
        None => quote!(__rt::Err(__rt::value::unknown())),
        Some(Other { ident, keeps: None }) => quote!(__rt::Ok(Self::#ident)),
        Some(Other { ident, keeps: Some(ty) }) => {
            let bytes = local("bytes");
            quote_spanned!(ty.span()=> __rt::Ok(Self::#ident(<#ty as __rt::RedisValue>::read(#bytes)?)))
        }
    }
}

/// Returns `self`. In tokens with the span of a user's macro it would be another variable.
fn this(ident: &Ident) -> Ident {
    Ident::new("self", Span::call_site().located_at(ident.span()))
}
