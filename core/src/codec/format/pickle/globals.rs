//! The classes and functions that pickles name.
//!
//! A name selects how the arguments beside it are read, and nothing else: no name is ever
//! looked up, imported or called.

use std::cell::OnceCell;

/// A class or function as a pickle names it.
#[derive(Debug)]
pub(super) struct Global<'a> {
    module: &'a [u8],
    name: &'a [u8],
    known: OnceCell<Known>,
}

/// The classes and functions that this library knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// `object`, and the other types that a class may extend.
    Object,
    Base,
    Reconstructor,
    NewObject,
    NewObjectWithKeywords,
    Encode,
    Bytes,
    ByteArray,
    Set,
    Complex,
    GetAttribute,
    DateTime,
    Date,
    Time,
    TimeDelta,
    TimeZone,
    ZoneInfo,
    PytzUtc,
    PytzZone,
    DateutilUtc,
    Decimal,
    Fraction,
    Uuid,
    OrderedDict,
    DefaultDict,
    Counter,
    Deque,
    /// A path with `/`, and one with `\`.
    Path,
    WindowsPath,
    Ipv4Address,
    Ipv6Address,
    /// A network, or an address with its network.
    Network,
    Namespace,
    Array,
    ArrayReconstructor,
    DjangoModel,
    NumpyScalar,
    NumpyType,
    NumpyArray,
    NumpyReconstruct,
    NumpyFromBuffer,
    /// Never read. The name stands in errors.
    Refused,
    /// A class or function of the program's own, or of another library.
    Unlisted,
}

/// Names that are read, with the modules of Python 3. Errors show them.
const KNOWN: &[(&str, Known)] = &[
    ("builtins.object", Known::Object),
    ("builtins.dict", Known::Base),
    ("builtins.list", Known::Base),
    ("builtins.tuple", Known::Base),
    ("builtins.str", Known::Base),
    ("builtins.int", Known::Base),
    ("builtins.float", Known::Base),
    ("builtins.bool", Known::Base),
    ("builtins.unicode", Known::Base),
    ("builtins.long", Known::Base),
    ("builtins.set", Known::Set),
    ("builtins.frozenset", Known::Set),
    ("builtins.bytes", Known::Bytes),
    ("builtins.bytearray", Known::ByteArray),
    ("builtins.complex", Known::Complex),
    ("builtins.getattr", Known::GetAttribute),
    ("copyreg._reconstructor", Known::Reconstructor),
    ("copyreg.__newobj__", Known::NewObject),
    ("copyreg.__newobj_ex__", Known::NewObjectWithKeywords),
    ("_codecs.encode", Known::Encode),
    ("datetime.datetime", Known::DateTime),
    ("datetime.date", Known::Date),
    ("datetime.time", Known::Time),
    ("datetime.timedelta", Known::TimeDelta),
    ("datetime.timezone", Known::TimeZone),
    ("zoneinfo.ZoneInfo", Known::ZoneInfo),
    ("pytz._UTC", Known::PytzUtc),
    ("pytz._p", Known::PytzZone),
    ("dateutil.tz.tz.tzutc", Known::DateutilUtc),
    ("decimal.Decimal", Known::Decimal),
    ("fractions.Fraction", Known::Fraction),
    ("uuid.UUID", Known::Uuid),
    ("collections.OrderedDict", Known::OrderedDict),
    ("collections.defaultdict", Known::DefaultDict),
    ("collections.Counter", Known::Counter),
    ("collections.deque", Known::Deque),
    ("pathlib.PurePosixPath", Known::Path),
    ("pathlib.PosixPath", Known::Path),
    ("pathlib.PureWindowsPath", Known::WindowsPath),
    ("pathlib.WindowsPath", Known::WindowsPath),
    ("ipaddress.IPv4Address", Known::Ipv4Address),
    ("ipaddress.IPv6Address", Known::Ipv6Address),
    ("ipaddress.IPv4Network", Known::Network),
    ("ipaddress.IPv6Network", Known::Network),
    ("ipaddress.IPv4Interface", Known::Network),
    ("ipaddress.IPv6Interface", Known::Network),
    ("types.SimpleNamespace", Known::Namespace),
    ("array.array", Known::Array),
    ("array._array_reconstructor", Known::ArrayReconstructor),
    ("django.db.models.base.model_unpickle", Known::DjangoModel),
    ("numpy.core.multiarray.scalar", Known::NumpyScalar),
    ("numpy._core.multiarray.scalar", Known::NumpyScalar),
    ("numpy.dtype", Known::NumpyType),
    ("numpy.ndarray", Known::NumpyArray),
    ("numpy.core.multiarray._reconstruct", Known::NumpyReconstruct),
    ("numpy._core.multiarray._reconstruct", Known::NumpyReconstruct),
    ("numpy.core.numeric._frombuffer", Known::NumpyFromBuffer),
    ("numpy._core.numeric._frombuffer", Known::NumpyFromBuffer),
];

/// Names that are never read, for errors. An entry that ends with a point is a module,
/// none of whose classes and functions is data.
const REFUSED: &[&str] = &[
    "os.system",
    "os.popen",
    "os.execv",
    "os.execve",
    "os.execl",
    "os.spawnv",
    "os.remove",
    "os.unlink",
    "os.rename",
    "os.putenv",
    "os.kill",
    "os._exit",
    "os.",
    "posix.system",
    "posix.popen",
    "posix.",
    "nt.system",
    "nt.",
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.run",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.getoutput",
    "subprocess.",
    "commands.getoutput",
    "builtins.eval",
    "builtins.exec",
    "builtins.execfile",
    "builtins.compile",
    "builtins.open",
    "builtins.__import__",
    "builtins.setattr",
    "builtins.delattr",
    "builtins.globals",
    "builtins.vars",
    "builtins.breakpoint",
    "builtins.input",
    "builtins.print",
    "builtins.map",
    "builtins.filter",
    "builtins.apply",
    "builtins.reduce",
    "builtins.range",
    "builtins.xrange",
    "builtins.slice",
    "builtins.type",
    "builtins.super",
    "builtins.property",
    "builtins.iter",
    "builtins.reversed",
    "builtins.enumerate",
    "builtins.zip",
    "builtins.Exception",
    "builtins.ValueError",
    "builtins.TypeError",
    "builtins.KeyError",
    "builtins.IndexError",
    "builtins.RuntimeError",
    "builtins.OSError",
    "builtins.",
    "sys.",
    "webbrowser.open",
    "webbrowser.",
    "functools.partial",
    "functools.reduce",
    "functools.",
    "operator.attrgetter",
    "operator.itemgetter",
    "operator.methodcaller",
    "operator.",
    "itertools.",
    "importlib.import_module",
    "importlib.",
    "imp.",
    "pickle.loads",
    "pickle.",
    "_pickle.",
    "marshal.loads",
    "marshal.",
    "shelve.",
    "code.InteractiveInterpreter",
    "codecs.",
    "_codecs.",
    "ctypes.",
    "runpy.",
    "pdb.",
    "bdb.",
    "profile.run",
    "cProfile.",
    "timeit.timeit",
    "timeit.",
    "pty.spawn",
    "pty.",
    "platform.popen",
    "socket.",
    "shutil.rmtree",
    "shutil.",
    "tempfile.",
    "glob.",
    "threading.",
    "multiprocessing.",
    "asyncio.",
    "smtplib.",
    "ftplib.",
    "http.client.",
    "urllib.request.urlopen",
    "urllib.",
    "signal.",
    "inspect.",
    "gc.",
    "io.",
    "_io.",
    "random.Random",
    "random.",
    "re._compile",
    "re.",
    "copyreg.",
    "types.FunctionType",
    "types.CodeType",
    "types.MethodType",
    "types.ModuleType",
    "types.",
    "distutils.",
    "pip.main",
    "pandas.core.frame.DataFrame",
    "pandas.core.series.Series",
    "pandas._libs.tslibs.timestamps._unpickle_timestamp",
    "numpy.",
    "enum.",
    "datetime.",
    "collections._tuplegetter",
    "array.",
];

impl<'a> Global<'a> {
    pub(super) fn new(module: &'a [u8], name: &'a [u8]) -> Self {
        Self { module, name, known: OnceCell::new() }
    }

    /// Returns the class or function, which is searched for once.
    pub(super) fn known(&self) -> Known {
        *self.known.get_or_init(|| match KNOWN.iter().find(|(known, _)| self.is(known)) {
            Some((_, known)) => *known,
            None if self.refused_name().is_some() => Known::Refused,
            None => Known::Unlisted,
        })
    }

    /// Returns `true` if this is the class or function of this name, with its module.
    pub(super) fn is(&self, full: &str) -> bool {
        self.is_in(modern(self.module), full) || self.is_in(self.module, full)
    }

    fn is_in(&self, module: &[u8], full: &str) -> bool {
        if full.len() != module.len() + 1 + self.name.len() {
            return false;
        }
        let rest = full.as_bytes().strip_prefix(module);
        rest.and_then(|rest| rest.strip_prefix(b".")) == Some(self.name)
    }

    /// Returns `true` if the program has listed the class or function.
    pub(super) fn is_listed(&self, calls: &[&str]) -> bool {
        self.known() == Known::Unlisted && calls.iter().any(|call| self.is(call))
    }

    /// Returns the name in the words of this library.
    pub(super) fn static_name(&self) -> Option<&'static str> {
        let known = KNOWN.iter().map(|(known, _)| *known).find(|known| self.is(known));
        known.or_else(|| self.refused_name())
    }

    fn refused_name(&self) -> Option<&'static str> {
        let module = modern(self.module);
        REFUSED.iter().copied().find(|refused| match refused.strip_suffix('.') {
            // With the modules inside.
            Some(whole) => module
                .strip_prefix(whole.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'.'),
            None => self.is(refused),
        })
    }
}

/// Returns the name that Python 3 gives to a module of Python 2.
fn modern(module: &[u8]) -> &[u8] {
    match module {
        b"__builtin__" | b"exceptions" => b"builtins",
        b"copy_reg" => b"copyreg",
        b"cPickle" => b"_pickle",
        b"pathlib._local" => b"pathlib",
        module => module,
    }
}
