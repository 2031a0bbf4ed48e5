//! The columns of a hash: declared as a tree, flattened at compile time.
//!
//! A struct that is `flatten`ed brings columns of its own, whose names get a
//! prefix (`address.street`), at any depth. Putting the names together while
//! a record is saved would cost an allocation for each; a const cannot be of
//! a length that depends on a type parameter. So they are put together in
//! buffers of a fixed size, as constants, and only what is used of them is
//! seen from outside.

/// A column as the derive declares it: a field, or a struct of fields.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    nested: Option<&'static [Column]>,
    extra: Extra,
}

/// What a column may have besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    /// Names under which it is read, too.
    pub aliases: &'static [&'static str],
    /// How long a value lives, in milliseconds.
    pub ttl: Option<u64>,
    /// Whether it counts the writes of the record.
    pub version: bool,
}

impl Extra {
    pub(crate) const NONE: Self = Self { aliases: &[], ttl: None, version: false };
}

impl Column {
    pub const fn new(name: &'static str) -> Self {
        Self { name, nested: None, extra: Extra::NONE }
    }

    /// The columns of a struct, whose names get `name.` before them.
    pub const fn flat<F: Declared>(name: &'static str) -> Self {
        Self { name, nested: Some(F::COLUMNS), extra: Extra::NONE }
    }

    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { extra: Extra { aliases, ..self.extra }, ..self }
    }

    pub const fn ttl(self, millis: u64) -> Self {
        Self { extra: Extra { ttl: Some(millis), ..self.extra }, ..self }
    }

    pub const fn version(self) -> Self {
        Self { extra: Extra { version: true, ..self.extra }, ..self }
    }
}

/// A struct that declares columns.
#[doc(hidden)]
pub trait Declared {
    const COLUMNS: &'static [Column];
}

impl<F: Declared> Declared for Option<F> {
    const COLUMNS: &'static [Column] = F::COLUMNS;
}

/// How many fields the columns are.
pub(crate) const fn width(columns: &[Column]) -> u16 {
    let (mut at, mut width) = (0, 0);
    while at < columns.len() {
        width += match columns[at].nested {
            Some(nested) => self::width(nested),
            None => 1,
        };
        at += 1;
    }
    width
}

/// The flattened columns of a struct, for its [`Spec`](super::Spec).
#[doc(hidden)]
#[allow(private_interfaces)]
pub trait Flattened: Declared {
    const TEXT: &'static Text = &Text::of(Self::COLUMNS);
    const NAMES: &'static [&'static str; MAX_NAMES] = &Self::TEXT.names();
    const FIRST: &'static [&'static str; MAX_NAMES] = &Self::TEXT.first(Self::NAMES);
    const REST: &'static [Extra; MAX_NAMES] = &Self::TEXT.extras(Self::NAMES);
    /// The stored names.
    const FIELDS: &'static [&'static str] = Self::FIRST.split_at(Self::TEXT.columns).0;
    /// What else there is to each.
    const EXTRAS: &'static [Extra] = Self::REST.split_at(Self::TEXT.columns).0;
}

impl<T: Declared> Flattened for T {}

const MAX_NAMES: usize = 256;
const MAX_TEXT: usize = 8 << 10;

/// All names one behind the other: of each column its name, then its aliases.
struct Text {
    bytes: [u8; MAX_TEXT],
    ends: [u16; MAX_NAMES],
    names: usize,
    /// Per column: how many aliases, and the rest of it.
    aliases: [u8; MAX_NAMES],
    extra: [Extra; MAX_NAMES],
    columns: usize,
}

/// The names of the structs around a column.
struct Prefix<'a> {
    outer: Option<&'a Prefix<'a>>,
    name: &'static str,
}

impl Text {
    const fn of(columns: &[Column]) -> Self {
        let mut text = Self {
            bytes: [0; MAX_TEXT],
            ends: [0; MAX_NAMES],
            names: 0,
            aliases: [0; MAX_NAMES],
            extra: [Extra::NONE; MAX_NAMES],
            columns: 0,
        };
        text.add_all(columns, None);
        text.check_distinct();
        text
    }

    const fn add_all(&mut self, columns: &[Column], prefix: Option<&Prefix<'_>>) {
        let mut at = 0;
        while at < columns.len() {
            let Column { name, nested, extra } = columns[at];
            match nested {
                Some(nested) => self.add_all(nested, Some(&Prefix { outer: prefix, name })),
                None => {
                    self.add(name, prefix);
                    let mut alias = 0;
                    while alias < extra.aliases.len() {
                        self.add(extra.aliases[alias], prefix);
                        alias += 1;
                    }
                    self.aliases[self.columns] = extra.aliases.len() as u8;
                    self.extra[self.columns] = extra;
                    self.columns += 1;
                }
            }
            at += 1;
        }
    }

    const fn add(&mut self, name: &str, prefix: Option<&Prefix<'_>>) {
        assert!(self.names < MAX_NAMES, "a flattened model has at most 256 fields and aliases");
        let mut end = self.start(self.names);
        end = self.put_prefix(prefix, end);
        end = self.put(name, end);
        self.ends[self.names] = end as u16;
        self.names += 1;
    }

    const fn put_prefix(&mut self, prefix: Option<&Prefix<'_>>, end: usize) -> usize {
        let Some(Prefix { outer, name }) = prefix else { return end };
        let end = self.put_prefix(*outer, end);
        let end = self.put(name, end);
        self.put(".", end)
    }

    const fn put(&mut self, text: &str, end: usize) -> usize {
        let text = text.as_bytes();
        assert!(
            end + text.len() <= MAX_TEXT,
            "the names of a flattened model are longer than 8 KiB"
        );
        let mut at = 0;
        while at < text.len() {
            self.bytes[end + at] = text[at];
            at += 1;
        }
        end + text.len()
    }

    const fn start(&self, name: usize) -> usize {
        if name == 0 { 0 } else { self.ends[name - 1] as usize }
    }

    const fn name(&self, name: usize) -> &str {
        let (upto, _) = self.bytes.split_at(self.ends[name] as usize);
        match str::from_utf8(upto.split_at(self.start(name)).1) {
            Ok(name) => name,
            Err(_) => panic!("made of whole strings"),
        }
    }

    const fn check_distinct(&self) {
        let mut a = 0;
        while a < self.names {
            let mut b = 0;
            while b < a {
                assert!(
                    !same(self.name(a).as_bytes(), self.name(b).as_bytes()),
                    "two fields of a flattened model are stored under one name; rename one of them",
                );
                b += 1;
            }
            a += 1;
        }
    }

    const fn names(&'static self) -> [&'static str; MAX_NAMES] {
        let mut names = [""; MAX_NAMES];
        let mut at = 0;
        while at < self.names {
            names[at] = self.name(at);
            at += 1;
        }
        names
    }

    const fn first(&self, names: &'static [&'static str; MAX_NAMES]) -> [&'static str; MAX_NAMES] {
        let mut first = [""; MAX_NAMES];
        let (mut column, mut at) = (0, 0);
        while column < self.columns {
            first[column] = names[at];
            at += 1 + self.aliases[column] as usize;
            column += 1;
        }
        first
    }

    const fn extras(&self, names: &'static [&'static str; MAX_NAMES]) -> [Extra; MAX_NAMES] {
        let mut extras = [Extra::NONE; MAX_NAMES];
        let (mut column, mut at) = (0, 0);
        while column < self.columns {
            let count = self.aliases[column] as usize;
            let aliases = names.split_at(at + 1).1.split_at(count).0;
            extras[column] = Extra { aliases, ..self.extra[column] };
            at += 1 + count;
            column += 1;
        }
        extras
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Geo;
    impl Declared for Geo {
        const COLUMNS: &'static [Column] =
            &[Column::new("lat"), Column::new("long").aliases(&["lon"]).ttl(5)];
    }

    struct Address;
    impl Declared for Address {
        const COLUMNS: &'static [Column] =
            &[Column::new("street"), Column::flat::<Option<Geo>>("geo"), Column::new("zip")];
    }

    struct User<T>(T);
    impl<T: Declared> Declared for User<T> {
        const COLUMNS: &'static [Column] = &[
            Column::new("name").aliases(&["a", "b"]),
            Column::flat::<T>("home"),
            Column::new("x"),
        ];
    }

    #[test]
    fn names_get_their_prefixes_at_any_depth() {
        assert_eq!(
            User::<Address>::FIELDS,
            ["name", "home.street", "home.geo.lat", "home.geo.long", "home.zip", "x"]
        );
        assert_eq!(width(User::<Address>::COLUMNS), 6);
        let extras = User::<Address>::EXTRAS;
        assert_eq!(extras[0].aliases, ["a", "b"]);
        assert_eq!((extras[3].aliases, extras[3].ttl), (&["home.geo.lon"][..], Some(5)));
        assert_eq!(extras[4], Extra::NONE);
    }
}
