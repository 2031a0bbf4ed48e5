//! The columns of a model with flattened structs, put together at compile time.
//!
//! A flattened struct has columns of its own, whose names get a prefix
//! (`address.street`), at any depth. Putting the names together while a record is saved
//! would cost an allocation for each. A constant cannot have a length that depends on a
//! type parameter. So the names stand in constant buffers of a fixed size, of which only
//! the used part is seen from outside.
//!
//! rustc compiles what a constant points to once for every pointer to it. So the
//! pointers in these constants are few, and lead to small constants without
//! pointers of their own where possible.

use super::Options;

/// A column as the derive declares it: a field, or a struct of fields.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    nested: Option<Columns>,
    aliases: &'static [&'static str],
    ttl: Option<u64>,
    revision: bool,
}

impl Column {
    pub const fn new(name: &'static str) -> Self {
        Self { name, nested: None, aliases: &[], ttl: None, revision: false }
    }

    /// The columns of a struct, whose names get `name.` before them.
    #[track_caller]
    pub const fn flatten(name: &'static str, columns: Columns) -> Self {
        assert!(
            !columns.optional || columns.width() > 0,
            "a flattened `Option` needs a struct with stored fields: without one it would always be read as `None`"
        );
        Self { nested: Some(columns), ..Self::new(name) }
    }

    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    pub const fn ttl(self, millis: u64) -> Self {
        Self { ttl: Some(millis), ..self }
    }

    pub const fn revision(self) -> Self {
        Self { revision: true, ..self }
    }
}

/// The columns of a flattened struct, or of an `Option` of one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    list: &'static [Column],
    optional: bool,
}

impl Columns {
    pub const fn new(list: &'static [Column]) -> Self {
        Self { list, optional: false }
    }

    pub(crate) const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Returns the number of stored fields.
    pub const fn width(self) -> u16 {
        let (mut at, mut width) = (0, 0);
        while at < self.list.len() {
            width += match self.list[at].nested {
                Some(nested) => nested.width(),
                None => 1,
            };
            at += 1;
        }
        width
    }
}

/// The columns of a model with flattened structs, put together for its
/// [`Schema`](super::Schema).
#[doc(hidden)]
#[allow(private_interfaces)]
pub trait FlatColumns {
    const NAMES: &'static FlatNames;

    /// The names are slices of this small constant and not of `NAMES`.
    const BYTES: &'static [u8; MAX_TEXT] = &Self::NAMES.bytes;
    const TEXTS: &'static [&'static str; MAX_NAMES] = &Self::NAMES.texts(Self::BYTES);
    const FIRST: &'static [&'static str; MAX_NAMES] = &Self::NAMES.select(Self::TEXTS, false);
    const ALIASES: &'static [&'static str; MAX_NAMES] = &Self::NAMES.select(Self::TEXTS, true);
    const ALIAS_OF: &'static [u16; MAX_NAMES] = &Self::NAMES.alias_of;
    const TTLS: &'static [(u16, u64); MAX_NAMES] = &Self::NAMES.ttls;
    const GROUPS: &'static [(u16, u16); MAX_NAMES] = &Self::NAMES.groups;
    /// The stored names.
    const FIELDS: &'static [&'static str] = Self::FIRST.split_at(Self::NAMES.columns).0;
    const OPTIONS: Options = Options {
        alias_of: Self::ALIAS_OF.split_at(Self::NAMES.alias_count).0,
        aliases: Self::ALIASES.split_at(Self::NAMES.alias_count).0,
        ttls: Self::TTLS.split_at(Self::NAMES.ttl_count).0,
        revision: Self::NAMES.revision,
        groups: Self::GROUPS.split_at(Self::NAMES.group_count).0,
    };
}

const MAX_NAMES: usize = 256;
const MAX_TEXT: usize = 8 << 10;

/// All names one behind the other: of each column its name, then its aliases.
#[doc(hidden)]
#[derive(Debug)]
pub struct FlatNames {
    bytes: [u8; MAX_TEXT],
    ends: [u16; MAX_NAMES],
    /// Two names are compared byte by byte only if their hashes are equal, because
    /// rustc limits how long a constant may take.
    hashes: [u64; MAX_NAMES],
    names: usize,
    columns: usize,
    /// The column of each alias.
    alias_of: [u16; MAX_NAMES],
    alias_count: usize,
    ttls: [(u16, u64); MAX_NAMES],
    ttl_count: usize,
    groups: [(u16, u16); MAX_NAMES],
    group_count: usize,
    revision: Option<u16>,
}

/// The names of the structs around a column.
struct Prefix<'a> {
    outer: Option<&'a Prefix<'a>>,
    name: &'static str,
}

impl FlatNames {
    /// Puts the names together. A mistake is reported where the caller stands.
    #[track_caller]
    pub const fn of(columns: &[Column]) -> Self {
        let mut names = Self {
            bytes: [0; MAX_TEXT],
            ends: [0; MAX_NAMES],
            hashes: [0; MAX_NAMES],
            names: 0,
            columns: 0,
            alias_of: [0; MAX_NAMES],
            alias_count: 0,
            ttls: [(0, 0); MAX_NAMES],
            ttl_count: 0,
            groups: [(0, 0); MAX_NAMES],
            group_count: 0,
            revision: None,
        };
        names.add_all(columns, None);
        names.check_distinct();
        names
    }

    /// Puts the names of a struct together that no model is around: an entry of a stream.
    pub(crate) const fn of_entry(columns: Columns) -> Self {
        assert!(
            !columns.optional,
            "an entry of a stream cannot be an `Option`: without a field it would always be read as `None`"
        );
        let names = Self::of(columns.list);
        assert!(
            names.ttl_count == 0,
            "the fields of an entry have no times to live; use a struct without `#[redis(ttl = \"…\")]`"
        );
        names
    }

    #[track_caller]
    const fn add_all(&mut self, columns: &[Column], prefix: Option<&Prefix<'_>>) {
        let mut at = 0;
        while at < columns.len() {
            let column = &columns[at];
            match column.nested {
                Some(nested) => {
                    let first = self.columns as u16;
                    self.add_all(nested.list, Some(&Prefix { outer: prefix, name: column.name }));
                    if nested.optional {
                        self.groups[self.group_count] = (first, self.columns as u16);
                        self.group_count += 1;
                    }
                }
                None => self.add_column(column, prefix),
            }
            at += 1;
        }
    }

    #[track_caller]
    const fn add_column(&mut self, column: &Column, prefix: Option<&Prefix<'_>>) {
        let field = self.columns as u16;
        self.add(column.name, prefix);
        let mut alias = 0;
        while alias < column.aliases.len() {
            self.add(column.aliases[alias], prefix);
            self.alias_of[self.alias_count] = field;
            self.alias_count += 1;
            alias += 1;
        }
        if let Some(millis) = column.ttl {
            self.ttls[self.ttl_count] = (field, millis);
            self.ttl_count += 1;
        }
        if column.revision {
            self.revision = Some(field);
        }
        self.columns += 1;
    }

    #[track_caller]
    const fn add(&mut self, name: &str, prefix: Option<&Prefix<'_>>) {
        assert!(
            self.names < MAX_NAMES,
            "a model with flattened structs has at most 256 fields and aliases; \
             store some of them as one field with `#[redis(codec = Json)]`"
        );
        let mut end = self.start(self.names);
        end = self.put_prefix(prefix, end);
        end = self.put(name, end);
        self.ends[self.names] = end as u16;
        self.hashes[self.names] = hash(self.bytes_of(self.names));
        self.names += 1;
    }

    #[track_caller]
    const fn put_prefix(&mut self, prefix: Option<&Prefix<'_>>, end: usize) -> usize {
        let Some(Prefix { outer, name }) = prefix else { return end };
        let end = self.put_prefix(*outer, end);
        let end = self.put(name, end);
        self.put(".", end)
    }

    #[track_caller]
    const fn put(&mut self, text: &str, end: usize) -> usize {
        let text = text.as_bytes();
        assert!(
            end + text.len() <= MAX_TEXT,
            "the names of a model with flattened structs are longer than 8 KiB; \
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

    #[track_caller]
    const fn check_distinct(&self) {
        let mut a = 0;
        while a < self.names {
            let mut b = 0;
            while b < a {
                if self.hashes[a] == self.hashes[b] && same(self.bytes_of(a), self.bytes_of(b)) {
                    self.fail_on_duplicate(a);
                }
                b += 1;
            }
            a += 1;
        }
    }

    #[track_caller]
    const fn fail_on_duplicate(&self, name: usize) {
        const BEFORE: &[u8] = b"two fields are stored as `";
        const AFTER: &[u8] = b"`; rename one of them, or the struct that is flattened";
        let mut message = [b' '; 256];
        let end = append(&mut message, BEFORE, 0);
        let end = append(&mut message, self.bytes_of(name), end);
        let end = append(&mut message, AFTER, end);
        match str::from_utf8(message.split_at(end).0) {
            Ok(message) => panic!("{}", message),
            Err(_) => panic!("two fields are stored under one name"),
        }
    }

    const fn texts(&self, bytes: &'static [u8; MAX_TEXT]) -> [&'static str; MAX_NAMES] {
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

    /// Returns the aliases of all columns, or the names of the columns without them.
    const fn select(
        &self,
        names: &'static [&'static str; MAX_NAMES],
        aliases: bool,
    ) -> [&'static str; MAX_NAMES] {
        let mut selected = [""; MAX_NAMES];
        let (mut at, mut count, mut column, mut alias) = (0, 0, 0, 0);
        while at < self.names {
            // An alias comes behind the name of its column.
            let is_alias = alias < self.alias_count && self.alias_of[alias] as usize + 1 == column;
            if is_alias {
                alias += 1;
            } else {
                column += 1;
            }
            if is_alias == aliases {
                selected[count] = names[at];
                count += 1;
            }
            at += 1;
        }
        selected
    }
}

/// Adds text at the position `at`, as far as it fits, and returns the position behind it.
const fn append<const N: usize>(message: &mut [u8; N], text: &[u8], at: usize) -> usize {
    let mut count = 0;
    while count < text.len() && at + count < N {
        message[at + count] = text[count];
        count += 1;
    }
    at + count
}

/// Returns the 64-bit FNV-1a hash.
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

    const GEO: Columns =
        Columns::new(&[Column::new("lat"), Column::new("long").aliases(&["lon"]).ttl(5)]);
    const ADDRESS: Columns = Columns::new(&[
        Column::new("street"),
        Column::flatten("geo", GEO.optional()),
        Column::new("zip"),
    ]);

    const USER: &[Column] = &[
        Column::new("name").aliases(&["a", "b"]),
        Column::flatten("home", ADDRESS),
        Column::flatten("work", ADDRESS.optional()),
        Column::new("x").aliases(&["y"]).revision(),
    ];

    struct User;
    impl FlatColumns for User {
        const NAMES: &'static FlatNames = &FlatNames::of(USER);
    }

    #[test]
    fn names_get_their_prefixes_at_any_depth() {
        let home = ["name", "home.street", "home.geo.lat", "home.geo.long", "home.zip"];
        let work = ["work.street", "work.geo.lat", "work.geo.long", "work.zip", "x"];
        assert_eq!(User::FIELDS, [home, work].concat());
        assert_eq!(usize::from(Columns::new(USER).width()), User::FIELDS.len());
    }

    #[test]
    fn options_keep_their_fields() {
        let options = User::OPTIONS;
        assert_eq!(options.aliases, ["a", "b", "home.geo.lon", "work.geo.lon", "y"]);
        assert_eq!(options.alias_of, [0, 0, 3, 7, 9]);
        assert_eq!(options.ttls, [(3, 5), (7, 5)]);
        assert_eq!(options.revision, Some(9));
        // An `Option` inside another comes first.
        assert_eq!(options.groups, [(2, 4), (6, 8), (5, 9)]);
    }
}
