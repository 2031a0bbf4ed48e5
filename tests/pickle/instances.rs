//! Instances, containers and text as the program's own types.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{catalog, data, read, refused};

/// Returns the pickles of a kind of the catalog.
pub(crate) fn pickles(name: &str) -> Vec<Vec<u8>> {
    let kind = catalog::kinds().into_iter().find(|kind| kind.name == name);
    let kind = kind.unwrap_or_else(|| panic!("no kind {name}"));
    kind.pickles.into_iter().map(|(_, pickle)| pickle).collect()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Person {
    name: String,
    age: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: f64,
}

fn john() -> Person {
    Person { name: "John".into(), age: 20 }
}

#[test]
fn instances_are_structs() {
    let kinds = ["an instance", "an instance with slots", "an instance with slots and others"];
    for pickle in kinds.into_iter().flat_map(pickles) {
        assert_eq!(read::<Person>(&pickle), john());
    }
    // With the fields by name, or in their order.
    let kinds = [
        "an instance of a dataclass",
        "an instance of a frozen dataclass",
        "an instance of a frozen dataclass with slots",
        "an instance of a dataclass with slots",
    ];
    for pickle in kinds.into_iter().flat_map(pickles) {
        assert_eq!(read::<Point>(&pickle), Point { x: 1, y: 2.5 });
    }
}

#[test]
fn nested_instances_are_read() {
    #[derive(Serialize, Deserialize)]
    struct Parent {
        child: Person,
        friends: Vec<Person>,
    }
    for pickle in pickles("an instance with instances") {
        let parent: Parent = read(&pickle);
        assert_eq!(parent.child, Person { name: "Ada".into(), age: 36 });
        assert_eq!(parent.friends[0], john());
    }
}

#[test]
fn a_class_that_extends_another_is_what_it_extends() {
    for pickle in pickles("a named tuple") {
        assert_eq!(read::<(u8, String)>(&pickle), (1, "two".into()));
    }
    for pickle in pickles("a subclass of `str`") {
        assert_eq!(read::<String>(&pickle), "text");
    }
    for pickle in pickles("a subclass of `int`") {
        assert_eq!(read::<u8>(&pickle), 7);
    }
    for pickle in pickles("a subclass of `list`") {
        assert_eq!(read::<Vec<String>>(&pickle), ["a", "b"]);
    }
    // A class without anything is whichever the type asks for.
    for pickle in pickles("an instance without attributes") {
        assert!(read::<HashMap<String, u8>>(&pickle).is_empty());
        assert!(read::<Vec<u8>>(&pickle).is_empty());
    }
}

/// The state of pydantic 2 and 1.
#[test]
fn a_pydantic_model_is_its_fields() {
    let fields = b"}(V__dict__\n}(Vname\nVJohn\nVage\nK\x14uV__pydantic_extra__\nN\
        V__pydantic_fields_set__\n\x8fV__pydantic_private__\nNu";
    let pickle = [&b"\x80\x04capp\nPerson\n)\x81"[..], fields, b"b."].concat();
    assert_eq!(read::<Person>(&pickle), john());
    let fields = b"}(V__dict__\n}(Vname\nVJohn\nVage\nK\x14uV__fields_set__\n\x8fu";
    let pickle = [&b"\x80\x02capp\nPerson\n)\x81"[..], fields, b"b."].concat();
    assert_eq!(read::<Person>(&pickle), john());
}

/// `Model.__reduce__` calls a function of Django.
#[test]
fn a_django_model_is_its_attributes() {
    let pickle = b"\x80\x04cdjango.db.models.base\nmodel_unpickle\nVshop\nVPerson\n\x86\x85R\
        }(V_state\ncdjango.db.models.base\nModelState\n)\x81}Vdb\nNsbVname\nVJohn\nVage\nK\x14ub.";
    assert_eq!(read::<Person>(pickle), john());
}

#[test]
fn bytes_are_bytes_or_numbers() {
    for name in ["`bytes`, empty", "`bytearray`, empty"] {
        for pickle in pickles(name) {
            assert_eq!(read::<Vec<u8>>(&pickle), [0_u8; 0]);
            assert!(read::<serde_bytes::ByteBuf>(&pickle).is_empty());
        }
    }
    for pickle in pickles("`bytearray`") {
        assert_eq!(read::<[u8; 2]>(&pickle), [0, 255]);
    }
}

/// Serde's own visitors stop after the last item that they need.
#[test]
fn surplus_items_are_refused() {
    let more = |wanted: &str| {
        format!("a pickle of another shape than the type: expected {wanted}, found more")
    };
    assert_eq!(refused::<(i64, i64)>(b"(K\x01K\x02K\x03l."), more("a list of 2 items"));
    assert_eq!(refused::<[u8; 2]>(b"C\x03abc."), more("a list of 2 items"));
    assert_eq!(refused::<Point>(b"(K\x01F0.5\nK\x03t."), more("a map"));
    let numbers = b"carray\n_array_reconstructor\n(carray\narray\nVB\nI0\nC\x03abctR.";
    assert_eq!(refused::<(u8, u8)>(numbers), more("a list of 2 items"));
    assert_eq!(read::<(u8, u8, u8)>(numbers), (97, 98, 99));
}

#[test]
fn integers_of_128_bits_are_read() {
    for pickle in pickles("the largest `u64`") {
        assert_eq!(read::<u64>(&pickle), u64::MAX);
    }
    for pickle in pickles("the largest `u128`") {
        assert_eq!(read::<u128>(&pickle), u128::MAX);
        assert!(refused::<u64>(&pickle).contains("another shape"));
    }
    for pickle in pickles("the smallest `i128`") {
        assert_eq!(read::<i128>(&pickle), i128::MIN);
    }
    for pickle in pickles("`int` of a thousand digits") {
        assert!(refused::<u128>(&pickle).contains("more than 128 bits"));
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(f64),
    Square { side: u8 },
}

#[test]
fn an_enum_is_named_by_text_and_never_by_a_number() {
    assert_eq!(read::<Shape>(b"VEmpty\n."), Shape::Empty);
    assert_eq!(read::<Shape>(b"}VCircle\nF0.5\ns."), Shape::Circle(0.5));
    assert_eq!(read::<Shape>(b"}VSquare\n}Vside\nK\x02ss."), Shape::Square { side: 2 });
    // Serde would take it for the position of a variant, and of a field.
    assert!(refused::<Shape>(b"K\x01.").ends_with("`Square`, found an integer"));
    assert!(refused::<Shape>(b"}K\x01F0.5\ns.").ends_with("`Square`, found another variant"));
    assert!(refused::<Person>(b"}(K\0Va\nK\x01K\x01u.").contains("`name` is missing"));
}

#[test]
fn errors_have_the_path_of_the_programs_fields_and_no_text_of_the_pickle() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Order {
        lines: Vec<Line>,
        notes: BTreeMap<String, u8>,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Line {
        price: u8,
    }
    let order = |lines: &str, notes: &str| {
        let pickle = format!("}}(Vlines\n(}}Vprice\nI7\ns{lines}lVnotes\n}}{notes}u.");
        refused::<Order>(pickle.as_bytes())
    };
    let error = order("}Vprice\nVhunter2\ns", "");
    let shape = "a pickle of another shape than the type";
    let expected = "at lines[1].price: expected a number (u8), found";
    assert_eq!(error, format!("{shape} {expected} text"));
    let error = order("}Vprice\nI256\ns", "");
    assert_eq!(error, format!("{shape} {expected} one out of its range"));
    let error = order("}Vprice\ncos\nsystem\ns", "");
    assert_eq!(error, "the class or function `os.system` itself at lines[1].price");
    let error = order("}Vprice\nchunter2\nhunter3\n)Rs", "");
    assert!(error.contains("that is not listed") && error.ends_with(" at lines[1].price"));
    assert!(!error.contains("hunter"), "{error}");
    let error = order("", "Vhunter2\nVhunter3\ns");
    assert!(error.ends_with("at notes[…]: expected a number (u8), found text"), "{error}");
    let error = order("}Vpassword\nI7\ns", "");
    assert!(error.ends_with("at lines[1]: the field `price` is missing"), "{error}");
}

#[test]
fn parts_that_the_type_does_not_ask_for_are_not_judged() {
    for other in [
        "cos\nsystem\n(Vls\ntR",
        "Pid\n",
        "I1000000000000000000000000000000000000000000000000000\n",
        "V\\ud800\n",
        "(lp9\ng9\na",
        "cdatetime\ndatetime\n(tR",
    ] {
        let pickle = format!("}}(Vname\nVJohn\nVother\n{other}I1\n{other}Vage\nI20\nu.");
        assert_eq!(read::<Person>(pickle.as_bytes()), john(), "{other}");
        assert!(data(format!("{other}.").as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn an_instance_with_a_cycle_is_read_without_it() {
    // A person whose friend is that person.
    let pickle = b"capp\nPerson\n)\x81q\0}(Vname\nVJohn\nVage\nK\x14Vfriend\nh\0ub.";
    assert_eq!(read::<Person>(pickle), john());
    assert!(data(pickle).unwrap_err().contains("contains itself"));
}

#[test]
fn flattened_tagged_and_untagged_types_are_read() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        person: Person,
        #[serde(flatten)]
        rest: BTreeMap<String, i64>,
    }
    let pickle = b"}(Vname\nVJohn\nVage\nK\x14Vheight\nK\xb4u.";
    let outer: Outer = read(pickle);
    assert_eq!(outer, Outer { person: john(), rest: [("height".into(), 180)].into() });

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Event {
        Login { user: String },
    }
    assert_eq!(
        read::<Event>(b"}(Vtype\nVLogin\nVuser\nVada\nu."),
        Event::Login { user: "ada".into() }
    );

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    assert_eq!(read::<Vec<Id>>(b"(K\x07Va\nl."), [Id::Number(7), Id::Text("a".into())]);
}
