//! Which words in the name of an instruction are known. Others are refused, since they may change what it does.

use super::Comparison;
use crate::ptx::Type;

/// Words that change nothing here: what is the default, how memory is cached and ordered, and that all lanes
/// take part. Denormal numbers are kept whatever `ftz` says, except as operands of f32.
const WITHOUT_EFFECT: [&str; 37] = [
    "rn",
    "ftz",
    "approx",
    "full",
    "lo",
    "sync",
    "aligned",
    "volatile",
    "weak",
    "relaxed",
    "acquire",
    "release",
    "acq_rel",
    "sc",
    "gpu",
    "sys",
    "cta",
    "gl",
    "nc",
    "ca",
    "cg",
    "cs",
    "lu",
    "cv",
    "wb",
    "wt",
    "v2",
    "v4",
    "noftz",
    "idx",
    "m8n8",
    "x1",
    "x2",
    "x4",
    "col",
    "L1::no_allocate",
    "L1::evict_last",
];

/// The comparison that a word names.
pub(super) fn comparison(word: &str) -> Option<Comparison> {
    use Comparison::{
        Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Ordered, UnorderedOr,
    };
    Some(match word {
        "eq" => Equal,
        "ne" => NotEqual,
        "lt" | "lo" => Less,
        "le" | "ls" => LessOrEqual,
        "gt" | "hi" => Greater,
        "ge" | "hs" => GreaterOrEqual,
        "equ" => UnorderedOr(&Equal),
        "neu" => UnorderedOr(&NotEqual),
        "ltu" => UnorderedOr(&Less),
        "leu" => UnorderedOr(&LessOrEqual),
        "gtu" => UnorderedOr(&Greater),
        "geu" => UnorderedOr(&GreaterOrEqual),
        "num" => Ordered,
        "nan" => Comparison::Unordered,
        _ => return None,
    })
}

/// Whether a word in the name of an instruction is known, so that ignoring it is right.
pub(super) fn is_known(name: &str, word: &str) -> bool {
    let first = word.split("::").next().unwrap_or(word);
    let is_space = ["global", "shared", "local", "param", "const"].contains(&first);
    if Type::parse(word).is_some() || WITHOUT_EFFECT.contains(&word) || is_space {
        return true;
    }
    let own: &[&str] = match name {
        "membar" | "fence" | "prefetch" | "nanosleep" | "pmevent" | "call" => return true,
        "setp" => return comparison(word).is_some() || ["and", "or", "xor"].contains(&word),
        "mma" | "wmma" if word.starts_with('m') => return true,
        "add" | "sub" => &["sat"],
        "mul" => &["sat", "hi", "wide"],
        "mad" | "fma" => &["hi", "wide", "relu", "rm"],
        "min" | "max" => &["NaN"],
        "shf" => &["l", "r", "wrap", "clamp"],
        "cvt" => &["rz", "rni", "rzi", "rmi", "rpi", "sat", "relu", "rna"],
        "cvta" => &["to"],
        "bra" => &["uni"],
        "bar" | "barrier" => &["warp"],
        "ldmatrix" | "stmatrix" => &["trans"],
        "wmma" => &["load", "store", "mma", "a", "b", "c", "d", "row"],
        "mma" => &["row"],
        "shfl" => &["up", "down", "bfly"],
        "vote" => &["ballot", "all", "any", "uni"],
        "atom" | "red" => &["add", "exch", "cas", "min", "max", "and", "or", "xor"],
        "redux" => &["add", "min", "max", "and", "or", "xor"],
        "testp" => &["finite", "infinite", "number", "notanumber"],
        "bfind" => &["shiftamt"],
        _ => &[],
    };
    own.contains(&word)
}
