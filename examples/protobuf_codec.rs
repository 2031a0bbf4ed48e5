//! A user-defined codec: Protocol Buffers, by prost.
//!
//! A codec is generic over the type that it stores, so that formats without serde fit. This
//! one stores protobuf messages. Here prost derives the messages from structs; it can generate
//! them from `.proto` files as well.
//!
//! `cargo run --example protobuf_codec`

use std::error::Error;
use std::io::Write;

use prost::Message;
use redis_model::codec::{Codec, Format, Location, Zstd, assert_codec_roundtrip};
use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel, ValueError};

/// Stores protobuf messages in their binary form.
struct Protobuf;

impl<T: Message + Default> Codec<T> for Protobuf {
    const NAME: &'static str = "protobuf";

    // The codec has its own number, so blobs get an envelope that distinguishes them from
    // values of other codecs and models. A message alone has no name, and could begin like an
    // envelope.
    const FORMAT: Format = Format::positional(16);

    fn encode<W: Write>(message: &T, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        // Writing into a command does not fail.
        let _ = out.write_all(&message.encode_to_vec());
        Ok(())
    }

    // Prost limits the depth to a hundred levels and does not trust lengths. Its errors may
    // quote stored values, so they are not passed on.
    fn decode(bytes: &[u8], _: &Location<'_>) -> Result<T, ValueError> {
        T::decode(bytes).map_err(|_| ValueError::new("not a message of this type"))
    }
}

/// A whole record as one message.
#[derive(Clone, PartialEq, Message, RedisModel)]
#[redis(key = "order:{id}", blob = Protobuf, ttl = "30d")]
struct Order {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(message, repeated, tag = "3")]
    items: Vec<Item>,
}

#[derive(Clone, PartialEq, Message)]
struct Item {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(uint32, tag = "2")]
    pieces: u32,
}

/// The same model a year later, with a field that older programs do not know.
#[derive(Clone, PartialEq, Message, RedisModel)]
#[redis(key = "order:{id}", name = "Order", blob = Protobuf, ttl = "30d")]
struct OrderNow {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(message, repeated, tag = "3")]
    items: Vec<Item>,
    #[prost(string, optional, tag = "4")]
    voucher: Option<String>,
}

/// A message in a field of a hash, next to other fields. A codec that wraps another one can
/// wrap this one, too.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "cart:{user}")]
struct Cart {
    user: u64,
    visits: u32,
    #[redis(codec = Protobuf)]
    last: Item,
    #[redis(codec = Zstd<Protobuf>)]
    saved: Order,
    #[redis(codec = Json)]
    notes: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;

    let tea = Item { sku: "tea".into(), pieces: 2 };
    let order = Order { id: 7, customer: "Ada".into(), items: vec![tea.clone()] };
    assert_codec_roundtrip::<Protobuf, _>(&order);
    order.save().run(&mut con)?;
    println!("saved {} bytes, 8 of them the envelope", order.to_bytes()?.len());

    let now = OrderNow::get(7).run(&mut con)?.expect("an order");
    println!("a newer program reads {} items and the voucher {:?}", now.items.len(), now.voucher);
    OrderNow { voucher: Some("SPRING".into()), ..now }.save().run(&mut con)?;
    let before = Order::get(7).run(&mut con)?.expect("an order");
    println!("an older program still reads the order of {}", before.customer);
    assert_eq!(before, order);

    let cart = Cart { user: 1, visits: 1, last: tea, saved: order, notes: vec!["gift".into()] };
    cart.save().run(&mut con)?;
    assert_eq!(Cart::get(1).run(&mut con)?, Some(cart));
    let visits = Cart::update(1).incr(Cart::FIELDS.visits, 1).returning(Cart::FIELDS.visits);
    println!(
        "a cart with messages in its fields was visited {} times",
        visits.run(&mut con)?.expect("a cart")
    );

    redis::cmd("SET").arg("order:8").arg("\u{8}\u{1}of another program").exec(&mut con)?;
    println!("a value that is no order: {}", Order::get(8).run(&mut con).unwrap_err());
    Ok(())
}
