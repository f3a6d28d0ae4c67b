//! From the name of an instruction, such as `add.sat.f32`, to what it does.

use super::words::{comparison, is_known};
use super::{
    Atomic, Binary, Combine, Comparison, MatrixRole, Operation, Part, Rounding, Shape, Shuffle,
    Space, TestProperty, Unary, Vote,
};

/// The words between the dots of an instruction's name, after the first.
#[derive(Clone, Copy)]
struct Modifiers<'a>(&'a [&'a str]);

impl Modifiers<'_> {
    fn has(self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// The meaning of the first word that has one.
    fn find<T>(self, meaning: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|word| meaning(word))
    }

    fn space(self) -> Space {
        // Such as `shared::cta`.
        let space = |word: &str| match word.split("::").next()? {
            "global" => Some(Space::Global),
            "shared" => Some(Space::Shared),
            "local" => Some(Space::Local),
            "param" => Some(Space::Parameters),
            "const" => Some(Space::Constants),
            _ => None,
        };
        self.find(space).unwrap_or(Space::Generic)
    }

    fn part(self) -> Part {
        match () {
            () if self.has("wide") => Part::Wide,
            () if self.has("hi") => Part::High,
            () => Part::Low,
        }
    }

    fn atomic(self) -> Option<Atomic> {
        self.find(|word| {
            Some(match word {
                "add" => Atomic::Add,
                "exch" => Atomic::Exchange,
                "cas" => Atomic::CompareExchange,
                "min" => Atomic::Minimum,
                "max" => Atomic::Maximum,
                "and" => Atomic::And,
                "or" => Atomic::Or,
                "xor" => Atomic::Xor,
                _ => return None,
            })
        })
    }

    fn comparison(self) -> Option<Comparison> {
        self.0.first().and_then(|word| comparison(word))
    }

    fn combine(self) -> Option<Combine> {
        self.find(|word| {
            Some(match word {
                "and" => Combine::And,
                "or" => Combine::Or,
                "xor" => Combine::Xor,
                _ => return None,
            })
        })
    }

    fn rounding(self) -> Rounding {
        let rounding = |word: &str| {
            Some(match word {
                "rz" => Rounding::TowardZero,
                "rni" => Rounding::Integer,
                "rzi" => Rounding::IntegerTowardZero,
                "rmi" => Rounding::IntegerDown,
                "rpi" => Rounding::IntegerUp,
                _ => return None,
            })
        };
        self.find(rounding).unwrap_or(Rounding::Nearest)
    }

    /// Such as `m16n8k16`.
    fn shape(self) -> Option<Shape> {
        self.find(|word| {
            let (m, rest) = word.strip_prefix('m')?.split_once('n')?;
            let (n, k) = rest.split_once('k')?;
            Some(Shape { m: m.parse().ok()?, n: n.parse().ok()?, k: k.parse().ok()? })
        })
    }
}

fn unary(name: &str, modifiers: Modifiers) -> Option<Unary> {
    Some(match name {
        "neg" => Unary::Negate,
        "abs" => Unary::Absolute,
        "not" => Unary::Not,
        "rcp" => Unary::Reciprocal,
        "sqrt" => Unary::SquareRoot,
        "rsqrt" => Unary::ReciprocalSquareRoot,
        "ex2" => Unary::Exp2,
        "lg2" => Unary::Log2,
        "sin" => Unary::Sine,
        "cos" => Unary::Cosine,
        "tanh" => Unary::Tanh,
        "popc" => Unary::CountOnes,
        "clz" => Unary::LeadingZeros,
        "brev" => Unary::ReverseBits,
        "bfind" => Unary::HighestBit { from_top: modifiers.has("shiftamt") },
        _ => return None,
    })
}

fn binary(name: &str) -> Option<Binary> {
    Some(match name {
        "add" => Binary::Add,
        "sub" => Binary::Subtract,
        "mul" => Binary::Multiply,
        "div" => Binary::Divide,
        "rem" => Binary::Remainder,
        "min" => Binary::Minimum,
        "max" => Binary::Maximum,
        "and" => Binary::And,
        "or" => Binary::Or,
        "xor" => Binary::Xor,
        "shl" => Binary::ShiftLeft,
        "shr" => Binary::ShiftRight,
        "copysign" => Binary::CopySign,
        _ => return None,
    })
}

impl Operation {
    /// What the instruction with this name and these further words does; none if it is not known.
    pub fn parse(name: &str, words: &[&str]) -> Option<Self> {
        if !words.iter().all(|word| is_known(name, word)) {
            return None;
        }
        let modifiers = Modifiers(words);
        if let Some(kind) = unary(name, modifiers) {
            return Some(Self::Unary(kind));
        }
        if let Some(kind) = binary(name) {
            return Some(Self::Binary {
                kind,
                part: modifiers.part(),
                saturate: modifiers.has("sat"),
                flush: modifiers.has("ftz"),
                propagate_nan: modifiers.has("NaN"),
            });
        }
        Self::parse_control(name, modifiers)
            .or_else(|| Self::parse_memory(name, modifiers))
            .or_else(|| Self::parse_matrix(name, modifiers))
            .or_else(|| Self::parse_rest(name, modifiers))
    }

    fn parse_control(name: &str, modifiers: Modifiers) -> Option<Self> {
        Some(match name {
            "bra" => Self::Branch,
            "brx" => Self::BranchByIndex,
            "ret" | "exit" => Self::Return,
            "trap" => Self::Trap("the kernel called trap".into()),
            "call" => Self::Trap("calls of functions are not emulated".into()),
            // The lanes of a warp are together anyway.
            "bar" | "barrier" if modifiers.has("warp") => Self::Nothing,
            "bar" | "barrier" => Self::Barrier,
            "membar" | "fence" | "prefetch" | "nanosleep" | "pmevent" => Self::Nothing,
            _ => return None,
        })
    }

    fn parse_memory(name: &str, modifiers: Modifiers) -> Option<Self> {
        let space = modifiers.space();
        Some(match name {
            "ld" | "ldu" => Self::Load { space },
            "st" => Self::Store { space },
            "cvta" => Self::ConvertAddress { space, to_space: modifiers.has("to") },
            "isspacep" => Self::IsInSpace(space),
            "atom" => Self::Atomic { kind: modifiers.atomic()?, space, returns: true },
            "red" => Self::Atomic { kind: modifiers.atomic()?, space, returns: false },
            _ => return None,
        })
    }

    fn parse_matrix(name: &str, modifiers: Modifiers) -> Option<Self> {
        let (transpose, space) = (modifiers.has("trans"), modifiers.space());
        Some(match name {
            "ldmatrix" => Self::LoadMatrix { transpose, space },
            "stmatrix" => Self::StoreMatrix { transpose, space },
            "mma" => Self::MultiplyMatrices(modifiers.shape()?),
            "wmma" if modifiers.has("load") || modifiers.has("store") => {
                let role = |word: &str| match word {
                    "a" => Some(MatrixRole::A),
                    "b" => Some(MatrixRole::B),
                    "c" | "d" => Some(MatrixRole::Sum),
                    _ => None,
                };
                Self::Fragment {
                    store: modifiers.has("store"),
                    role: modifiers.find(role)?,
                    shape: modifiers.shape()?,
                    by_rows: modifiers.has("row"),
                    space,
                }
            }
            "wmma" => Self::MultiplyFragments(modifiers.shape()?),
            _ => return None,
        })
    }

    fn parse_rest(name: &str, modifiers: Modifiers) -> Option<Self> {
        Some(match name {
            "mov" => Self::Move,
            "mad" | "fma" => {
                let (relu, round_down) = (modifiers.has("relu"), modifiers.has("rm"));
                Self::MultiplyAdd { part: modifiers.part(), relu, round_down }
            }
            "shf" => Self::FunnelShift { left: modifiers.has("l"), wrap: modifiers.has("wrap") },
            "setp" => {
                Self::Compare { comparison: modifiers.comparison()?, combine: modifiers.combine() }
            }
            "selp" => Self::Select,
            // To TF32, only this rounding is emulated.
            "cvt" if modifiers.has("tf32") != modifiers.has("rna") => return None,
            "cvt" => Self::Convert {
                rounding: modifiers.rounding(),
                saturate: modifiers.has("sat"),
                relu: modifiers.has("relu"),
            },
            // Without one of its special modes.
            "prmt" if modifiers.0.len() == 1 => Self::PermuteBytes,
            "bfe" => Self::ExtractBits,
            "bfi" => Self::InsertBits,
            "lop3" => Self::Logic3,
            "testp" => Self::Test(modifiers.find(|word| {
                Some(match word {
                    "finite" => TestProperty::Finite,
                    "infinite" => TestProperty::Infinite,
                    "number" => TestProperty::Number,
                    "notanumber" => TestProperty::NotANumber,
                    _ => return None,
                })
            })?),
            "shfl" => Self::Shuffle(modifiers.find(|word| {
                Some(match word {
                    "idx" => Shuffle::Index,
                    "up" => Shuffle::Up,
                    "down" => Shuffle::Down,
                    "bfly" => Shuffle::Butterfly,
                    _ => return None,
                })
            })?),
            "vote" => Self::Vote(modifiers.find(|word| {
                Some(match word {
                    "ballot" => Vote::Ballot,
                    "all" => Vote::All,
                    "any" => Vote::Any,
                    "uni" => Vote::Uniform,
                    _ => return None,
                })
            })?),
            "activemask" => Self::ActiveMask,
            "redux" => Self::ReduceWarp(modifiers.atomic()?),
            _ => return None,
        })
    }
}
