//! Groups of keys: with type parameters, keywords, macros, lifetimes and documentation.

use redis_model::structures::{Counter, List, Set, Structure, Value};
use redis_model::{Json, RedisKeys, RedisModel};

/// Type parameters with bounds, defaults and a clause, and a constant.
#[allow(clippy::type_repetition_in_bounds)]
#[derive(Debug, Clone, RedisKeys)]
#[redis(key = "generic:{id}")]
struct Generic<T: Clone, S = Set<T>, const N: usize = 2>
where
    T: Send,
{
    items: List<[T; N], Json>,
    any: S,
    projected: Value<<Vec<T> as IntoIterator>::Item>,
}

/// A lifetime, and a type that mentions the struct.
#[derive(Debug, RedisKeys)]
#[redis(key = "borrowed:{id}")]
struct Borrowed<'a> {
    of_self: List<Option<Box<Self>>, Json>,
    of_text: Set<&'a str>,
}

/// A struct whose name and fields are keywords.
#[derive(Debug, RedisKeys)]
#[redis(key = "raw:{type}")]
#[allow(non_camel_case_types)]
struct r#struct {
    r#type: Counter<u8>,
    #[redis(key = "{type}:fn")]
    r#fn: Counter<u8>,
}

macro_rules! group {
    ($name:ident, $key:literal, $id:ty, $($field:ident: $ty:ty),*) => {
        #[derive(Debug, RedisKeys)]
        #[redis(key = $key, id = $id)]
        pub struct $name { $($field: $ty),* }
    };
}

group!(FromMacro, "macro:{id}", u64, keys: Set<u8>, g: List<u8>);

/// The id of a model.
#[derive(Debug, RedisModel)]
#[redis(key = "owner:{tenant}:{id}")]
struct Owner {
    tenant: String,
    id: u64,
    name: String,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "owner:{tenant}:{id}", id = <Owner as RedisModel>::Id, ttl = "1h")]
struct OwnerKeys {
    /// With documentation.
    #[allow(dead_code)]
    visits: Counter<u64>,
}

/// Code over any group.
fn keys<G: RedisKeys>(group: &G) -> Vec<String> {
    group.redis_keys().into_iter().map(String::from).collect()
}

#[test]
fn groups_of_rare_shapes_have_their_keys() {
    let group = Generic::<u8>::of("a");
    assert_eq!(keys(&group), ["generic:a:items", "generic:a:any", "generic:a:projected"]);
    assert_eq!(keys(&group.clone()), keys(&group));
    assert_eq!(keys(&Borrowed::of(1)), ["borrowed:1:of_self", "borrowed:1:of_text"]);
    assert_eq!(keys(&r#struct::of(true)), ["raw:true:type", "true:fn"]);
    assert_eq!(keys(&FromMacro::of(7)), ["macro:7:keys", "macro:7:g"]);
    let owner = Owner { tenant: "a:b".into(), id: 7, name: "Ada".into() };
    let group = OwnerKeys::of((&owner.tenant, owner.id));
    assert_eq!(keys(&group), [format!("{}:visits", &*owner.redis_key())]);
    assert_eq!(Structure::key(&group.visits), group.visits.key());
}
