//! A model as data for documentation and tools.

use std::fmt;
use std::time::Duration;

use super::Schema;
use super::visit::{self, Purpose};
use crate::erased::AnyModel;
use crate::field::Slot;
use crate::key::Segment;
use crate::model::RedisModel;

/// A model as data for documentation; see [`RedisModel::describe`]. Its `Display` is a
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

/// A field of a hash model as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDescription {
    /// The name in the hash.
    pub name: &'static str,
    /// Names under which the field is read, too.
    pub aliases: &'static [&'static str],
    /// The Rust type, without the paths of modules.
    pub ty: String,
    /// `true` if a record can lack the field.
    pub optional: bool,
    /// The codec that encodes the field.
    pub codec: Option<&'static str>,
    /// The form that an attribute asks for: `unix`, `unix_ms`, `unix_float`, or the two
    /// texts of a `bool` such as `True/False`.
    pub form: Option<&'static str>,
    /// The text that is stored for `None`.
    pub none_as: Option<&'static str>,
    /// The field's time to live after it was written.
    pub ttl: Option<Duration>,
    /// `true` if the field counts the writes of the record.
    pub revision: bool,
}

pub(crate) fn describe<M: RedisModel>() -> Description {
    let (schema, model) = (&M::SCHEMA, AnyModel::of::<M>());
    let placeholder = |segment| match segment {
        Segment::Placeholder { name, .. } => Some(name),
        Segment::Literal(_) => None,
    };
    let names = schema.template().segments().filter_map(placeholder);
    let types = visit::part_types::<M>().into_iter().map(short);
    let mut fields = Vec::new();
    let mut add = |slot: &dyn Slot| fields.push(field(schema, fields.len(), slot));
    visit::visit_types::<M>(Purpose::Fields(&mut add));
    Description {
        name: schema.name,
        key: schema.key,
        id: names.zip(types).collect(),
        redis_type: model.redis_type(),
        codec: model.codec(),
        ttl: schema.ttl.map(Duration::from_millis),
        fields,
    }
}

fn field(schema: &'static Schema, at: usize, slot: &dyn Slot) -> FieldDescription {
    FieldDescription {
        name: schema.fields[at],
        aliases: schema.aliases_of(at),
        ty: short(slot.info().type_name),
        optional: schema.is_in_option(at) || !slot.is_required(),
        codec: slot.info().codec,
        form: slot.info().form,
        none_as: slot.info().none_as,
        ttl: schema.ttl_of(at).map(Duration::from_millis),
        revision: schema.revision_field() == Some(at),
    }
}

/// Shortens `core::option::Option<alloc::string::String>` to `Option<String>`.
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
    /// Returns what the table says besides name and type.
    fn stored(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.codec.map(|codec| format!("as {codec}")));
        words.extend(self.form.map(|form| format!("as `{form}`")));
        words.extend(self.none_as.map(|text| match text {
            "" => "`None` as an empty text".to_owned(),
            text => format!("`None` as `{text}`"),
        }));
        words.extend(self.optional.then(|| "may be absent".to_owned()));
        words.extend(self.ttl.map(|ttl| format!("lives {ttl:?}")));
        words.extend(self.revision.then(|| "counts the writes".to_owned()));
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
