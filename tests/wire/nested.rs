//! Operations inside one another: each decodes exactly its own replies.

use proptest::prelude::*;
use redis_model::op::{BoxedOperation, Replies, Request};
use redis_model::{Error, ErrorKind, Operation, Result, ValueError, atomic, batch};

use crate::mock::Mock;

/// A user's operation, which may send or read a wrong number of commands or replies.
#[derive(Debug, Clone, Copy)]
struct Leaf {
    number: usize,
    sends: usize,
    reads: usize,
    fails: bool,
}

impl Leaf {
    fn expected(self) -> Seen {
        let numbers = (0..self.sends).map(|nth| format!("{}.{nth}", self.number));
        let missing = self.reads.saturating_sub(self.sends);
        Seen::Replies(
            numbers.take(self.reads).map(Some).chain((0..missing).map(|_| None)).collect(),
        )
    }
}

impl Operation for Leaf {
    type Output = Seen;

    fn encode(&self, request: &mut Request) -> Result<()> {
        for nth in 0..self.sends {
            request.command("MARK", 1, 20).arg(format!("{}.{nth}", self.number));
        }
        if self.fails { Err(Error::from(ValueError::new("not encodable"))) } else { Ok(()) }
    }

    fn decode(&self, replies: &mut Replies) -> Result<Seen> {
        let mut next = || {
            let reply = replies.next().ok()?.into_bytes().ok()??;
            String::from_utf8(reply).ok()
        };
        Ok(Seen::Replies((0..self.reads).map(|_| next()).collect()))
    }
}

/// The decoded values of an operation, in its shape.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Replies(Vec<Option<String>>),
    Inside(Vec<Seen>),
    NotEncoded,
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf { sends: usize, reads: usize, fails: bool },
    Absent,
    Some(Box<Tree>),
    Pair(Box<(Tree, Tree)>),
    Array(Vec<Tree>),
    List(Vec<Tree>),
    Batch(Vec<Tree>),
    Atomic(Box<Tree>),
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        6 => (0..3_usize, 0..4_usize, proptest::bool::weighted(0.2))
            .prop_map(|(sends, reads, fails)| Tree::Leaf { sends, reads, fails }),
        1 => Just(Tree::Absent),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let list = || proptest::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Some(Box::new(tree))),
            (inner.clone(), inner.clone()).prop_map(|pair| Tree::Pair(Box::new(pair))),
            proptest::collection::vec(inner.clone(), 2).prop_map(Tree::Array),
            list().prop_map(Tree::List),
            list().prop_map(Tree::Batch),
            inner.clone().prop_map(|tree| Tree::Atomic(Box::new(tree))),
        ]
    })
}

type Boxed = BoxedOperation<'static, Seen>;

fn inside(results: Vec<Result<Seen>>) -> Seen {
    let seen = |result: Result<Seen>| match result {
        Ok(seen) => seen,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
            Seen::NotEncoded
        }
    };
    Seen::Inside(results.into_iter().map(seen).collect())
}

/// Creates the operation of a tree, whose leaves are numbered in order.
fn operation(tree: &Tree, next: &mut usize) -> Boxed {
    match tree {
        Tree::Leaf { sends, reads, fails } => leaf(*sends, *reads, *fails, next).boxed(),
        Tree::Absent => {
            Operation::map(None::<Leaf>, |seen| Seen::Inside(seen.into_iter().collect())).boxed()
        }
        Tree::Some(tree) => {
            let inner = Some(operation(tree, next));
            Operation::map(inner, |seen| Seen::Inside(seen.into_iter().collect())).boxed()
        }
        Tree::Pair(pair) => {
            let pair = (operation(&pair.0, next), operation(&pair.1, next));
            Operation::map(pair, |(a, b)| Seen::Inside(vec![a, b])).boxed()
        }
        Tree::Array(trees) => {
            let array: [Boxed; 2] = [operation(&trees[0], next), operation(&trees[1], next)];
            Operation::map(array, |seen| Seen::Inside(seen.into())).boxed()
        }
        Tree::List(trees) => {
            let list: Vec<_> = trees.iter().map(|tree| operation(tree, next)).collect();
            Operation::map(list, inside).boxed()
        }
        Tree::Batch(trees) => {
            let list: Vec<_> = trees.iter().map(|tree| operation(tree, next)).collect();
            Operation::map(batch(list), inside).boxed()
        }
        Tree::Atomic(tree) => atomic(operation(tree, next)).boxed(),
    }
}

fn leaf(sends: usize, reads: usize, fails: bool, next: &mut usize) -> Leaf {
    *next += 1;
    Leaf { number: *next, sends, reads, fails }
}

/// Returns the values that a tree must decode, or `None` if it cannot be encoded.
fn expected(tree: &Tree, next: &mut usize) -> Option<Seen> {
    let mut all = |trees: &[&Tree]| -> Vec<Option<Seen>> {
        trees.iter().map(|tree| expected(tree, next)).collect()
    };
    match tree {
        Tree::Leaf { sends, reads, fails } => {
            let leaf = leaf(*sends, *reads, *fails, next);
            (!fails).then(|| leaf.expected())
        }
        Tree::Absent => Some(Seen::Inside(Vec::new())),
        Tree::Some(tree) => all(&[tree]).into_iter().collect::<Option<_>>().map(Seen::Inside),
        Tree::Pair(pair) => {
            all(&[&pair.0, &pair.1]).into_iter().collect::<Option<_>>().map(Seen::Inside)
        }
        Tree::Array(trees) => {
            let trees: Vec<_> = trees.iter().collect();
            all(&trees).into_iter().collect::<Option<_>>().map(Seen::Inside)
        }
        Tree::List(trees) | Tree::Batch(trees) => {
            let trees: Vec<_> = trees.iter().collect();
            let items = all(&trees).into_iter().map(|item| item.unwrap_or(Seen::NotEncoded));
            Some(Seen::Inside(items.collect()))
        }
        // Nothing of a step is sent if a member cannot be encoded.
        Tree::Atomic(inner) => {
            let seen = all(&[inner]).remove(0);
            seen.filter(|_| !fails_anywhere(inner))
        }
    }
}

fn fails_anywhere(tree: &Tree) -> bool {
    match tree {
        Tree::Leaf { fails, .. } => *fails,
        Tree::Absent => false,
        Tree::Some(tree) | Tree::Atomic(tree) => fails_anywhere(tree),
        Tree::Pair(pair) => fails_anywhere(&pair.0) || fails_anywhere(&pair.1),
        Tree::Array(trees) | Tree::List(trees) | Tree::Batch(trees) => {
            trees.iter().any(fails_anywhere)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn each_member_decodes_exactly_its_own_replies(tree in trees()) {
        let mut con = Mock { answers: Vec::new(), next: 0 };
        let seen = operation(&tree, &mut 0).run(&mut con);
        match expected(&tree, &mut 0) {
            Some(expected) => prop_assert_eq!(seen.unwrap(), expected),
            None => prop_assert_eq!(seen.unwrap_err().kind(), ErrorKind::InvalidValue),
        }
    }

    /// A list is decoded in parts if it is not part of another operation.
    #[test]
    fn each_item_of_a_list_decodes_exactly_its_own_replies(trees in proptest::collection::vec(trees(), 0..6)) {
        let mut con = Mock { answers: Vec::new(), next: 0 };
        let mut next = 0;
        let list: Vec<_> = trees.iter().map(|tree| operation(tree, &mut next)).collect();
        let seen = inside(list.run(&mut con).unwrap());
        prop_assert_eq!(Some(seen), expected(&Tree::List(trees), &mut 0));
    }
}
