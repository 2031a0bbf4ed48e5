//! A random model as code: a module with its structs and its round trip.

use std::fmt::Write;

use crate::catalog::{self, CASES, CODECS, DURATIONS, Names, Sample, VISIBILITIES};
use crate::fields::{Field, Role, Scope, body, literal, number};
use crate::random::Random;

/// Returns the module of one model.
pub(crate) fn generate(random: &mut Random, at: u64) -> String {
    let items = if random.chance(25) { blob(random, at) } else { hash(random, at) };
    format!("mod m{at} {{\n{items}}}\n")
}

fn hash(random: &mut Random, at: u64) -> String {
    let mut scope = Scope::new();
    let tuple = random.chance(15);
    let generic = random.chance(25);
    scope.parameter = generic.then(|| catalog::value(random, "s0"));
    let mut names = Names::new(tuple);
    let mut fields = key_fields(random, &mut names, "k");
    let count = fields.len() + random.below(8);
    while fields.len() < count.max(1) {
        fields.push(scope.field(random, &mut names, 3));
    }
    if let Some(Sample { values, .. }) = &scope.parameter {
        // A type parameter must be used.
        let sample = Sample { ty: String::from("T"), values: values.clone() };
        let name = names.next(random);
        fields.push(Field { name, attributes: Vec::new(), sample, role: Role::Stored });
        let name = names.next(random);
        let sample = Sample::new("[u8; N]", "*b\"abc\"", "*b\"def\"");
        fields.push(Field { name, attributes: Vec::new(), sample, role: Role::Stored });
    }
    if random.chance(15) {
        let sample = Sample::new(random.pick(&["u32", "u64"]), "0", "0");
        let attributes = vec![String::from("revision")];
        fields.push(Field { name: names.next(random), attributes, sample, role: Role::Revision });
    }
    random.shuffle(&mut fields);
    if tuple {
        number(&mut fields);
    }
    let key = key(random, at, &fields);
    let mut attributes = container(random);
    if random.chance(40) {
        attributes.push(format!("rename_all = \"{}\"", random.pick(CASES)));
    }
    if attributes.iter().any(|it| it.starts_with("ttl")) && random.chance(50) {
        attributes.push(format!("on_update = \"{}\"", random.pick(&["keep", "refresh"])));
    }
    let mut items = std::mem::take(&mut scope.items);
    if random.chance(10) {
        attributes.push(String::from("version_field = \"_v\""));
        attributes.push(String::from("version = 2"));
        if !generic && !tuple {
            attributes.push(String::from("migrate(Old)"));
            items += &old(
                &fields,
                &format!(
                    "#[derive(redis_model::RedisModel)]\n#[redis(key = \"{}\")]",
                    key.template
                ),
            );
        }
    }
    let derives = "Debug, Clone, PartialEq, redis_model::RedisModel";
    items += &declaration(random, derives, &key, &attributes, generic, &fields);
    let changes: Vec<_> = fields.iter().flat_map(|field| changes(field, "f", "expected")).collect();
    items +=
        &round_trip(&Trip { scope: &scope, fields: &fields, key: &key, changes: Some(&changes) });
    items
}

fn blob(random: &mut Random, at: u64) -> String {
    let scope = Scope::new();
    let tuple = random.chance(15);
    let mut names = Names::new(tuple);
    let mut fields = key_fields(random, &mut names, "ks");
    for _ in 0..=random.below(6) {
        let sample = match random.below(3) {
            0 => catalog::value(random, "s"),
            1 => catalog::value(random, "s").in_option(random),
            _ => catalog::codec_value(random),
        };
        let name = names.next(random);
        fields.push(Field { name, attributes: Vec::new(), sample, role: Role::Stored });
    }
    random.shuffle(&mut fields);
    if tuple {
        number(&mut fields);
    }
    let key = key(random, at, &fields);
    let mut attributes = container(random);
    let codec = random.pick(CODECS);
    attributes.push(match random.chance(30) {
        true => format!("codecs = [{codec}, {}]", CODECS[0]),
        false => format!("blob = {codec}"),
    });
    let mut items = String::new();
    match random.below(5) {
        0 if !tuple => {
            attributes.push(String::from("version = 2, migrate(Old)"));
            items += &old(&fields, "#[derive(serde::Serialize, serde::Deserialize)]");
        }
        1 => attributes.push(format!("envelope = \"{}\"", random.pick(&["short", "full"]))),
        2 => attributes.push(String::from("on_mismatch = \"miss\"")),
        _ => {}
    }
    let derives =
        "Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, redis_model::RedisModel";
    items += &declaration(random, derives, &key, &attributes, false, &fields);
    items += &round_trip(&Trip { scope: &scope, fields: &fields, key: &key, changes: None });
    items
}

/// Attributes that hashes and blobs have.
fn container(random: &mut Random) -> Vec<String> {
    let mut attributes = Vec::new();
    if random.chance(30) {
        attributes.push(format!("ttl = \"{}\"", random.pick(DURATIONS)));
    }
    if random.chance(15) {
        attributes.push(String::from("name = \"a name\""));
    }
    attributes
}

/// The fields that the key names.
fn key_fields(random: &mut Random, names: &mut Names, flags: &str) -> Vec<Field> {
    let parts = match random.below(10) {
        0 => 0,
        1..6 => 1,
        6..9 => 2 + random.below(3),
        _ => 5 + random.below(8),
    };
    let mut fields = Vec::new();
    for _ in 0..parts {
        let mut sample = catalog::value(random, flags);
        sample.values[1] = sample.values[0].clone();
        let name = names.next(random);
        fields.push(Field { name, attributes: Vec::new(), sample, role: Role::Key });
    }
    fields
}

struct Key {
    template: String,
    /// The id as code.
    id: String,
}

/// Returns a key of all key fields, in any order.
fn key(random: &mut Random, at: u64, fields: &[Field]) -> Key {
    let mut parts: Vec<_> = fields.iter().filter(|field| matches!(field.role, Role::Key)).collect();
    random.shuffle(&mut parts);
    let mut template = format!("m{at}");
    let mut raw = random.chance(15);
    for part in &parts {
        let name = part.name.trim_start_matches("r#");
        template += &match random.below(5) {
            _ if raw && part.sample.ty == "String" => {
                raw = false;
                format!(":{{{name}:raw}}")
            }
            0 => format!(":{{{{{{{name}}}}}}}"),
            1 => format!(":x-1:{{{name}}}"),
            _ => format!(":{{{name}}}"),
        };
    }
    if random.chance(20) {
        template += ":end";
    }
    let ids: Vec<_> = parts.iter().map(|part| part.sample.values[0].as_str()).collect();
    let id = match ids.as_slice() {
        [only] => String::from(*only),
        ids => format!("({})", ids.join(", ")),
    };
    Key { template, id }
}

fn declaration(
    random: &mut Random,
    derives: &str,
    key: &Key,
    attributes: &[String],
    generic: bool,
    fields: &[Field],
) -> String {
    let mut all = vec![format!("key = \"{}\"", key.template)];
    all.extend_from_slice(attributes);
    random.shuffle(&mut all);
    let visibility = random.pick(VISIBILITIES);
    let parameters = match (generic, random.chance(50)) {
        (false, _) => "",
        (true, true) => "<T: Default, const N: usize>",
        (true, false) => "<T, const N: usize = 3>",
    };
    let mut body = body(random, fields);
    if parameters.contains('=') {
        let clause = " where T: Default";
        body = match body.strip_suffix(';') {
            Some(tuple) => format!("{tuple}{clause};"),
            None => format!("{clause}{body}"),
        };
    }
    format!(
        "#[derive({derives})]\n#[redis({})]\n{visibility}struct Model{parameters}{body}\n",
        all.join(", ")
    )
}

/// The struct before a change, with the same key and no other field.
fn old(fields: &[Field], derive: &str) -> String {
    let is_key = |field: &&Field| matches!(field.role, Role::Key);
    let keys: Vec<_> = fields.iter().filter(is_key).collect();
    let declared = keys.iter().map(|field| format!("{}: {},", field.name, field.sample.ty));
    let values = fields.iter().map(|field| match field.role {
        Role::Key => format!("{0}: old.{0}", field.name),
        _ => format!("{}: {}", field.name, field.sample.values[0]),
    });
    let uses = if keys.is_empty() { "let _ = old.gone; " } else { "" };
    let gone = if keys.is_empty() { "gone: u8," } else { "" };
    format!(
        "{derive}\nstruct Old {{ {}{gone} }}\n\
         impl From<Old> for Model {{\n    fn from(old: Old) -> Self {{ {uses}Self {{ {} }} }}\n}}\n",
        declared.collect::<String>(),
        values.collect::<Vec<_>>().join(", ")
    )
}

/// A change of one stored field.
struct Change {
    handle: String,
    ty: String,
    value: String,
    /// The place of the value in a record.
    place: String,
}

/// Returns the changes of the first record's fields to the second's.
fn changes(field: &Field, handle: &str, place: &str) -> Vec<Change> {
    let handle = format!("{handle}.{}", field.handle());
    let place = format!("{place}.{}", field.name);
    match &field.role {
        Role::Key | Role::Skipped | Role::Revision => Vec::new(),
        Role::Stored => {
            let Sample { ty, values: [_, value] } = field.sample.clone();
            vec![Change { handle, ty, value, place }]
        }
        Role::Flattened { optional: true, .. } if field.sample.values[0].starts_with("None") => {
            Vec::new()
        }
        Role::Flattened { fields, optional } => {
            let some = if *optional { ".as_mut().expect(\"is there\")" } else { "" };
            let place = format!("{place}{some}");
            fields.iter().flat_map(|field| changes(field, &handle, &place)).collect()
        }
    }
}

struct Trip<'a> {
    scope: &'a Scope,
    fields: &'a [Field],
    key: &'a Key,
    /// The changes that updates make. Blobs have no updates.
    changes: Option<&'a [Change]>,
}

/// Saves, reads, selects, updates, edits and deletes a record.
fn round_trip(trip: &Trip<'_>) -> String {
    let Trip { scope, fields, key: Key { id, .. }, changes } = trip;
    let record = literal("Model", fields, 0);
    let revision = fields.iter().find(|field| matches!(field.role, Role::Revision));
    let counted = |code: &mut String| {
        if let Some(field) = revision {
            let _ = writeln!(code, "    expected.{} += 1;", field.name);
        }
    };
    let model = match &scope.parameter {
        Some(Sample { ty, .. }) => format!("Model<{ty}, 3>"),
        None => String::from("Model"),
    };
    let uses_handles = changes.is_some_and(|changes| !changes.is_empty());
    let handles = "    const FIELDS: <M as redis_model::RedisModel>::Fields = <M as redis_model::RedisModel>::FIELDS;\n";
    let mut code = format!("    type M = {model};\n");
    code += if uses_handles { handles } else { "" };
    let _ = writeln!(code, "    let record: M = {record};");
    code += "    let mut expected = record.clone();\n";
    let _ = writeln!(code, "    crate::check::keys(&record, {id})?;");
    code += "    crate::check::saved(con, &record)?;\n";
    counted(&mut code);
    let _ = writeln!(code, "    crate::check::stored(con, {id}, &expected)?;");
    match changes {
        Some(changes) => {
            for change in changes.iter().take(6) {
                let Change { handle, ty, value, place } = change;
                let ty = &ty.replace("; N]", "; 3]");
                let ty = match &scope.parameter {
                    Some(parameter) if ty == "T" => &parameter.ty,
                    _ => ty,
                };
                let handle = handle.replacen('f', "FIELDS", 1);
                let _ = writeln!(
                    code,
                    "    crate::check::updated::<M, _, _, {ty}>(con, {id}, {handle}, {value})?;"
                );
                let _ = writeln!(code, "    {place} = {value};");
                counted(&mut code);
            }
            let _ = writeln!(code, "    crate::check::stored(con, {id}, &expected)?;");
        }
        None => code += "    crate::check::bytes(&record)?;\n",
    }
    let second = literal("Model", fields, 1);
    let keep = revision.map(|field| format!("changed.{0} = expected.{0};", field.name));
    let mutable = if keep.is_some() { "mut " } else { "" };
    let _ = writeln!(code, "    let {mutable}changed: M = {second};");
    code += &keep.map(|keep| format!("    {keep}\n")).unwrap_or_default();
    let _ = writeln!(code, "    crate::check::edited(con, {id}, &changed)?;");
    match revision {
        // An edit without a change writes nothing.
        Some(field) => {
            let name = &field.name;
            let _ = writeln!(code, "    let count = u8::from(changed != expected);");
            let _ = writeln!(
                code,
                "    expected = changed;\n    expected.{name} += {}::from(count);",
                field.sample.ty
            );
        }
        None => code += "    expected = changed;\n",
    }
    let _ = writeln!(code, "    crate::check::stored(con, {id}, &expected)?;");
    let _ = writeln!(code, "    crate::check::deleted::<M>(con, {id})");
    format!(
        "pub(super) fn round_trip(con: &mut redis::Connection) -> redis_model::Result<()> {{\n{code}}}\n"
    )
}
