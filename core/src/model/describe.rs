//! A model as data for documentation and tools.

use std::any::type_name;
use std::fmt;
use std::time::Duration;

use super::{RedisModel, Storage, Visit};
use crate::field::Stored;
use crate::key::Segment;

/// What a model is like; see [`RedisModel::describe`]. Its `Display` is a
/// Markdown table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The model's name.
    pub name: &'static str,
    /// The key's template.
    pub key: &'static str,
    /// The names and types of the key's placeholders, in the key's order.
    pub id: Vec<(&'static str, String)>,
    /// The Redis type of its keys: `hash` or `string`.
    pub redis_type: &'static str,
    /// The codec of a blob.
    pub codec: Option<&'static str>,
    /// The time to live that every save sets.
    pub ttl: Option<Duration>,
    /// The fields of a hash, in the struct's order; none for a blob.
    pub fields: Vec<FieldDescription>,
}

/// What a field of a hash model is like.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDescription {
    /// The name in the hash.
    pub name: &'static str,
    /// Names under which it is read, too.
    pub aliases: &'static [&'static str],
    /// Its Rust type, without the paths of modules.
    pub ty: String,
    /// Whether a record may do without it.
    pub optional: bool,
    /// The codec that writes it.
    pub codec: Option<&'static str>,
    /// How long it lives after it was written.
    pub ttl: Option<Duration>,
    /// Whether it counts the writes of the record.
    pub version: bool,
}

pub(super) fn describe<M: RedisModel>() -> Description {
    struct Describe {
        names: Vec<&'static str>,
        id: Vec<(&'static str, String)>,
        fields: Vec<FieldDescription>,
    }

    impl<M: RedisModel> Visit<M> for Describe {
        fn part<P: 'static>(&mut self, _: impl Fn(&M) -> &P) -> &mut Self {
            let name = self.names.get(self.id.len()).copied().unwrap_or("");
            self.id.push((name, short(type_name::<P>())));
            self
        }

        fn field<As, V: Stored<As>>(&mut self, always: bool, _: impl Fn(&M) -> Option<&V>) {
            let at = self.fields.len();
            let extra = M::SPEC.extra(at);
            self.fields.push(FieldDescription {
                name: M::SPEC.fields[at],
                aliases: extra.aliases,
                ty: short(type_name::<V>()),
                optional: !always || V::absent().is_some(),
                codec: V::CODEC,
                ttl: extra.ttl.map(Duration::from_millis),
                version: extra.version,
            });
        }
    }

    let placeholder = |segment| match segment {
        Segment::Placeholder { name, .. } => Some(name),
        Segment::Literal(_) => None,
    };
    let names = M::SPEC.template().segments().filter_map(placeholder).collect();
    let mut describe = Describe { names, id: Vec::new(), fields: Vec::new() };
    M::visit(&mut describe);
    Description {
        name: M::SPEC.name,
        key: M::SPEC.key,
        id: describe.id,
        redis_type: M::Storage::TYPE,
        codec: <M::Storage as Storage<M>>::CODEC,
        ttl: M::SPEC.ttl.map(Duration::from_millis),
        fields: describe.fields,
    }
}

/// `Option<String>` for `core::option::Option<alloc::string::String>`.
fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for word in name.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        short.push_str(word.rsplit("::").next().unwrap_or(word));
    }
    short
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key, redis_type, .. } = self;
        write!(f, "### {name}\n\n`{key}`, a Redis {redis_type}")?;
        if let Some(codec) = self.codec {
            write!(f, " written by {codec}")?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, " that lives {ttl:?}")?;
        }
        writeln!(f)?;
        for (name, ty) in &self.id {
            writeln!(f, "\n- `{{{name}}}`: `{ty}`")?;
        }
        if self.fields.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n| field | type | stored |\n|---|---|---|")?;
        for field in &self.fields {
            writeln!(f, "| `{}` | `{}` | {} |", field.name, field.ty, field.stored())?;
        }
        Ok(())
    }
}

impl FieldDescription {
    /// What there is to say besides its name and type.
    fn stored(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.codec.map(|codec| format!("as {codec}")));
        words.extend(self.optional.then(|| "may be absent".to_owned()));
        words.extend(self.ttl.map(|ttl| format!("lives {ttl:?}")));
        words.extend(self.version.then(|| "counts the writes".to_owned()));
        words.extend(self.aliases.iter().map(|alias| format!("read from `{alias}`, too")));
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_type_is_named_without_its_modules() {
        let name = type_name_of::<Option<std::collections::BTreeMap<String, (u8, Vec<&str>)>>>();
        assert_eq!(short(name), "Option<BTreeMap<String, (u8, Vec<&str>)>>");
        assert_eq!(short("[alloc::string::String; 3]"), "[String; 3]");
    }

    fn type_name_of<T>() -> &'static str {
        std::any::type_name::<T>()
    }
}
