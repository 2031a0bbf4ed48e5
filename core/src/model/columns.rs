//! The columns of a hash: declared as a tree, flattened at compile time.
//!
//! A struct that is `flatten`ed brings columns of its own, whose names get a
//! prefix (`address.street`), at any depth. Putting the names together while
//! a record is saved would cost an allocation for each; a const cannot be of
//! a length that depends on a type parameter. So they are put together in
//! buffers of a fixed size, as constants, and only what is used of them is
//! seen from outside.
//!
//! rustc compiles what a constant points to once for every pointer to it. So the
//! pointers in these constants are few, and lead to small constants without
//! pointers of their own where possible.

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
    /// The names are slices of this small constant and not of `TEXT`.
    const BYTES: &'static [u8; MAX_TEXT] = &Self::TEXT.bytes;
    const NAMES: &'static [&'static str; MAX_NAMES] = &Self::TEXT.names(Self::BYTES);
    const FIRST: &'static [&'static str; MAX_NAMES] = &Self::TEXT.first(Self::NAMES);
    const ALIASES: &'static [&'static str; MAX_NAMES] = &Self::TEXT.alias_names(Self::NAMES);
    const REST: &'static [Extra; MAX_NAMES] = &Self::TEXT.extras(Self::ALIASES);
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
    /// Two names are compared byte by byte only if their hashes are equal, because
    /// rustc limits how long a constant may take.
    hashes: [u64; MAX_NAMES],
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
            hashes: [0; MAX_NAMES],
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
        assert!(
            self.names < MAX_NAMES,
            "a model with flattened fields, aliases or field TTLs has at most 256 fields and aliases; \
             store some of them as one field with `#[redis(codec = Json)]`"
        );
        let mut end = self.start(self.names);
        end = self.put_prefix(prefix, end);
        end = self.put(name, end);
        self.ends[self.names] = end as u16;
        self.hashes[self.names] = hash(self.bytes_of(self.names));
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
            "the names of a model with flattened fields, aliases or field TTLs are longer than 8 KiB; \
             shorten some with `#[redis(rename = \"…\")]`"
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

    const fn bytes_of(&self, name: usize) -> &[u8] {
        self.slice_of(&self.bytes, name)
    }

    const fn slice_of<'a>(&self, bytes: &'a [u8; MAX_TEXT], name: usize) -> &'a [u8] {
        let (upto, _) = bytes.split_at(self.ends[name] as usize);
        upto.split_at(self.start(name)).1
    }

    const fn check_distinct(&self) {
        let mut a = 0;
        while a < self.names {
            let mut b = 0;
            while b < a {
                assert!(
                    self.hashes[a] != self.hashes[b] || !same(self.bytes_of(a), self.bytes_of(b)),
                    "two fields of a flattened model are stored under one name; rename one of them",
                );
                b += 1;
            }
            a += 1;
        }
    }

    const fn names(&self, bytes: &'static [u8; MAX_TEXT]) -> [&'static str; MAX_NAMES] {
        let mut names = [""; MAX_NAMES];
        let mut at = 0;
        while at < self.names {
            names[at] = match str::from_utf8(self.slice_of(bytes, at)) {
                Ok(name) => name,
                Err(_) => panic!("made of whole strings"),
            };
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

    /// The aliases of all columns, without the names between them.
    const fn alias_names(
        &self,
        names: &'static [&'static str; MAX_NAMES],
    ) -> [&'static str; MAX_NAMES] {
        let mut aliases = [""; MAX_NAMES];
        let (mut column, mut at, mut count) = (0, 0, 0);
        while column < self.columns {
            let next = at + 1 + self.aliases[column] as usize;
            at += 1;
            while at < next {
                aliases[count] = names[at];
                (at, count) = (at + 1, count + 1);
            }
            column += 1;
        }
        aliases
    }

    const fn extras(&self, aliases: &'static [&'static str; MAX_NAMES]) -> [Extra; MAX_NAMES] {
        let mut extras = self.extra;
        let (mut column, mut at) = (0, 0);
        while column < self.columns {
            let count = self.aliases[column] as usize;
            // An empty slice would be one more pointer to all aliases.
            if count > 0 {
                extras[column].aliases = aliases.split_at(at).1.split_at(count).0;
            }
            at += count;
            column += 1;
        }
        extras
    }
}

/// The 64-bit FNV-1a hash.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
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
