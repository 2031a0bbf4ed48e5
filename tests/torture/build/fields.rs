//! Random fields, and the structs that are flattened.

use std::fmt::Write;

use crate::catalog::{self, CASES, CODECS, DURATIONS, Names, Sample, VISIBILITIES};
use crate::random::Random;

/// A field of a struct.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) sample: Sample,
    pub(crate) role: Role,
}

pub(crate) enum Role {
    /// Named in the key, with the value of both records.
    Key,
    /// Not stored; both records have the default.
    Skipped,
    Stored,
    Revision,
    /// The fields of another struct, in an `Option` or not.
    Flattened {
        fields: Vec<Field>,
        optional: bool,
    },
}

/// The context of one struct's fields, and the items that they need.
pub(crate) struct Scope {
    pub(crate) items: String,
    /// The value of the type parameter, if the struct has one.
    pub(crate) parameter: Option<Sample>,
    /// The number of fields and structs so far.
    pub(crate) serial: usize,
}

impl Field {
    /// `#[redis(…)] pub name: Type`, without the name in a tuple struct.
    pub(crate) fn declaration(&self, random: &mut Random) -> String {
        let mut text = String::new();
        match self.attributes.len() {
            0 => {}
            // In one attribute or in several.
            _ if random.chance(50) => {
                let _ = write!(text, "#[redis({})] ", self.attributes.join(", "));
            }
            _ => {
                for attribute in &self.attributes {
                    let _ = write!(text, "#[redis({attribute})] ");
                }
            }
        }
        let colon = if self.is_tuple() { "" } else { ": " };
        let name = if self.is_tuple() { "" } else { &self.name };
        text + random.pick(VISIBILITIES) + name + colon + &self.sample.ty
    }

    fn is_tuple(&self) -> bool {
        self.name.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Returns the name of the handle.
    pub(crate) fn handle(&self) -> String {
        if self.is_tuple() { format!("_{}", self.name) } else { self.name.clone() }
    }

    /// Returns `true` if a record always has the field.
    fn is_required(&self) -> bool {
        matches!(self.role, Role::Stored)
            && !self.sample.ty.starts_with("Option")
            && !self.attributes.iter().any(|attribute| attribute.starts_with("ttl"))
    }
}

/// Numbers the fields of a tuple struct.
pub(crate) fn number(fields: &mut [Field]) {
    for (at, field) in fields.iter_mut().enumerate() {
        field.name = at.to_string();
    }
}

/// Returns the value of a struct as code: `Name { a: 1 }` or `Name(1)`.
pub(crate) fn literal(name: &str, fields: &[Field], which: usize) -> String {
    let is_tuple = fields.iter().any(Field::is_tuple);
    let values = fields.iter().map(|field| {
        let value = &field.sample.values[which];
        if is_tuple { value.clone() } else { format!("{}: {value}", field.name) }
    });
    let values = values.collect::<Vec<_>>().join(", ");
    if is_tuple { format!("{name}({values})") } else { format!("{name} {{ {values} }}") }
}

impl Scope {
    pub(crate) fn new() -> Self {
        Self { items: String::new(), parameter: None, serial: 0 }
    }

    /// Returns a function of this sample's first value, by its name.
    fn function(&mut self, sample: &Sample) -> String {
        let name = format!("default_{}", self.items.len());
        let Sample { ty, values: [first, _] } = sample;
        let _ = writeln!(self.items, "fn {name}() -> {ty} {{ {first} }}");
        name
    }

    /// A field that is not in the key.
    pub(crate) fn field(&mut self, random: &mut Random, names: &mut Names, depth: usize) -> Field {
        let name = names.next(random);
        match random.below(100) {
            0..8 => self.skipped(random, name),
            8..22 if depth > 0 => self.flattened(random, name, depth),
            _ => self.stored(random, name),
        }
    }

    fn skipped(&mut self, random: &mut Random, name: String) -> Field {
        let mut sample = catalog::value(random, "0");
        let mut attributes = vec![String::from("skip")];
        if random.chance(50) {
            let function = self.function(&sample);
            attributes.push(format!("default = \"{function}\""));
            sample.values[1] = sample.values[0].clone();
        } else {
            sample = Sample::new(format!("Option<{}>", sample.ty), "None", "None");
        }
        Field { name, attributes, sample, role: Role::Skipped }
    }

    fn stored(&mut self, random: &mut Random, name: String) -> Field {
        let mut attributes = Vec::new();
        let (mut sample, encoding) = self.encoded(random);
        let is_option = sample.ty.starts_with("Option");
        let stores_none = encoding
            .as_ref()
            .is_some_and(|encoding| encoding.contains("none") || encoding.starts_with("codec"));
        attributes.extend(encoding);
        let mut may_expire = is_option;
        let is_parameter =
            self.parameter.as_ref().is_some_and(|parameter| parameter.ty == sample.ty);
        if is_parameter {
            sample.ty = String::from("T");
        }
        match random.below(10) {
            0 if is_parameter => attributes.push(String::from("default = \"T::default\"")),
            0 | 1 if !is_parameter && (!is_option || stores_none) => {
                let function = self.function(&sample);
                attributes.push(format!("default = \"{function}\""));
                may_expire = true;
            }
            2 if is_option || sample.ty.starts_with(['u', 'i', 'S', 'V']) => {
                attributes.push(String::from("default"));
                may_expire = true;
            }
            _ => {}
        }
        if may_expire && random.chance(10) {
            attributes.push(format!("ttl = \"{}\"", random.pick(DURATIONS)));
        }
        self.serial += 1;
        let serial = self.serial;
        if random.chance(15) {
            attributes.push(format!("rename = \"renamed {serial}\""));
        }
        for alias in 0..random.below(3).saturating_sub(1) + usize::from(random.chance(10)) {
            attributes.push(format!("alias = \"old:{alias} {serial}\""));
        }
        random.shuffle(&mut attributes);
        Field { name, attributes, sample, role: Role::Stored }
    }

    /// Returns a type with the attribute that says how it is stored.
    fn encoded(&mut self, random: &mut Random) -> (Sample, Option<String>) {
        match random.below(13) {
            0..4 => (catalog::value(random, ""), None),
            4..6 => (catalog::value(random, "").in_option(random), None),
            6 | 7 => {
                let codec = random.pick(CODECS);
                (catalog::codec_value(random), Some(format!("codec = {codec}")))
            }
            8 => (catalog::value(random, "d"), Some(String::from("display"))),
            9 => {
                let sample = catalog::value(random, "d").in_option(random);
                (sample, Some(String::from("display")))
            }
            10 => {
                let text = Sample::new("String", "String::from(\"n\")", "String::from(\"o\")");
                (text.in_option(random), Some(String::from("empty_as_none")))
            }
            11 => foreign(random),
            _ => match self.parameter.clone() {
                Some(sample) => (sample, None),
                None => (catalog::value(random, "0"), None),
            },
        }
    }

    /// A field that holds a struct of its own, with fields of its own.
    fn flattened(&mut self, random: &mut Random, name: String, depth: usize) -> Field {
        let mut inner = Self { items: std::mem::take(&mut self.items), parameter: None, ..*self };
        let optional = random.chance(40);
        let tuple = random.chance(15);
        let (mut names, mut fields) = (Names::new(tuple), Vec::new());
        let count = 1 + random.below(4);
        // An `Option` is `None` if there are none of its fields.
        while fields.len() < count || (optional && !fields.iter().any(Field::is_required)) {
            fields.push(inner.field(random, &mut names, depth - 1));
        }
        if tuple {
            number(&mut fields);
        }
        inner.serial += 1;
        let struct_name = format!("Inner{}", inner.serial);
        inner.declare(random, &struct_name, &fields);
        (self.items, self.serial) = (inner.items, inner.serial);
        let values = [0, 1].map(|which| literal(&struct_name, &fields, which));
        let [first, second] = values;
        let mut sample = Sample::new(struct_name, first, second);
        if optional {
            sample = sample.in_option(random);
        }
        let mut attributes = vec![String::from("flatten")];
        if random.chance(20) {
            attributes.push(format!("rename = \"flat{}\"", self.serial));
        }
        Field { name, attributes, sample, role: Role::Flattened { fields, optional } }
    }

    fn declare(&mut self, random: &mut Random, name: &str, fields: &[Field]) {
        let rename = match random.chance(30) {
            true => format!("#[redis(rename_all = \"{}\")]\n", random.pick(CASES)),
            false => String::new(),
        };
        let derives = "#[derive(Debug, Clone, PartialEq, redis_model::RedisFields)]";
        let body = body(random, fields);
        let _ = writeln!(self.items, "{derives}\n{rename}pub struct {name}{body}");
    }
}

/// Returns a type in a form of other programs.
fn foreign(random: &mut Random) -> (Sample, Option<String>) {
    let (mut sample, mut form) = match random.below(3) {
        0 => (catalog::time(), String::from(random.pick(&["unix", "unix_ms", "unix_float"]))),
        1 => {
            let texts = random.pick(&["True/False", "yes/", "0/1"]);
            (Sample::new("bool", "true", "false"), format!("bool = \"{texts}\""))
        }
        _ => (catalog::value(random, "d"), String::from("display")),
    };
    if random.chance(50) {
        sample = sample.in_option(random);
        if random.chance(70) {
            let text = random.pick(&["none: {}", "None", "-"]);
            let _ = write!(form, ", none_as = \"{text}\"");
        }
    }
    (sample, Some(form))
}

/// The fields of a struct, from behind its name on.
pub(crate) fn body(random: &mut Random, fields: &[Field]) -> String {
    let declarations: Vec<_> = fields.iter().map(|field| field.declaration(random)).collect();
    let declarations = declarations.join(",\n    ");
    match fields.iter().any(Field::is_tuple) {
        true => format!("(\n    {declarations},\n);"),
        false => format!(" {{\n    {declarations},\n}}"),
    }
}
