//! `Self` in the user's types and paths, for items in which it means something else.

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::DeriveInput;

/// Returns the user's struct as a type.
pub(super) fn tokens(input: &DeriveInput) -> TokenStream {
    let (ident, (_, ty, _)) = (&input.ident, input.generics.split_for_impl());
    quote!(#ident #ty)
}

/// Replaces `Self` by `this`: `Self::Item` becomes `<User>::Item`.
pub(super) fn replace(tokens: &impl ToTokens, this: &TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    let mut tokens = tokens.to_token_stream().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                // `Self: Bound` has one colon, `Self::Item` two that are joined.
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(colon))
                    if colon.as_char() == ':' && colon.spacing() == Spacing::Joint);
                replaced.extend(if is_path { quote!(<#this>) } else { this.clone() });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace(&group.stream(), this));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            token => replaced.extend([token]),
        }
    }
    replaced
}
