//! A kernel, ready to be run.

mod symbols;

use std::collections::HashMap;

use super::statements::{Statement, braced, parts, statements, without_comments};
use super::{Guard, Instruction, Operand, Operation, Special, Type};
use crate::Fault;
use symbols::{Declaration, DeclaredSpace, Symbols};

/// A kernel, ready to be run.
#[derive(Debug)]
pub struct Kernel {
    pub code: Vec<Instruction>,
    /// The number of registers of a thread.
    pub registers: usize,
    /// Offset and bytes of each parameter.
    pub parameters: Vec<(usize, usize)>,
    pub parameter_bytes: usize,
    /// Bytes of shared memory that the kernel declares; a launch may add more.
    pub shared_bytes: usize,
    /// Bytes of local memory of each thread.
    pub local_bytes: usize,
    /// Constants and variables of the module.
    pub constants: Vec<u8>,
    /// The threads of a block by axis, if the kernel requires a number.
    pub required_threads: Option<[u32; 3]>,
}

impl Kernel {
    /// The name of the kernel in a module.
    pub fn name_of(ptx: &str) -> Option<&str> {
        let rest = ptx.split_once(".entry")?.1.trim_start();
        let end =
            rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$');
        Some(&rest[..end?])
    }

    /// Parses a module with one kernel.
    ///
    /// # Errors
    /// The first statement that is not understood.
    pub fn parse(ptx: &str) -> Result<Self, Fault> {
        let text = without_comments(ptx);
        let name = Self::name_of(&text).ok_or_else(|| Fault::new("a module without a kernel"))?;
        let (module, rest) = text.split_once(".entry").expect("it has a name");
        let incomplete = || Fault::new(format!("{name}: the module ends early"));
        let (header, _) = rest.split_once('{').ok_or_else(incomplete)?;
        let body = braced(rest).ok_or_else(incomplete)?;
        let statements = statements(body);

        let mut symbols = Symbols::default();
        for directive in module.split(';').filter_map(Declaration::parse) {
            symbols.declare(&directive);
        }
        let list = header.split_once('(').and_then(|(_, list)| list.rsplit_once(')'));
        let mut parameters = Vec::new();
        for parameter in list.map_or(Vec::new(), |(list, _)| parts(list)) {
            let declaration = Declaration::parse(parameter)
                .filter(|found| found.space == DeclaredSpace::Parameter)
                .ok_or_else(|| Fault::new(format!("{name}: parameter {parameter}")))?;
            parameters.push(symbols.declare(&declaration));
        }
        for statement in &statements {
            if let Statement::Directive(directive) = statement
                && let Some(declaration) = Declaration::parse(directive)
            {
                symbols.declare(&declaration);
            }
        }
        symbols.place_dynamic();

        let mut parser = Parser::new(&symbols);
        for statement in statements {
            parser.add(statement)?;
        }
        let (code, registers) = parser.finish()?;
        Ok(Self {
            code,
            registers,
            parameters,
            parameter_bytes: symbols.parameter_bytes,
            shared_bytes: symbols.shared_bytes,
            local_bytes: symbols.local_bytes,
            constants: symbols.constants,
            required_threads: required_threads(header),
        })
    }
}

/// `.reqntid x, y, z` in the header of a kernel; axes that are not named are 1.
fn required_threads(header: &str) -> Option<[u32; 3]> {
    let list = header.split_once(".reqntid")?.1;
    let list = list.split('.').next()?;
    let mut numbers = list.split(',').map(|number| number.trim().parse().ok());
    let mut axis = || numbers.next().unwrap_or(Some(1));
    Some([axis()?, axis()?, axis()?])
}

/// Instructions while they are parsed.
struct Parser<'a> {
    symbols: &'a Symbols,
    code: Vec<Instruction>,
    /// The registers of the kernel by name.
    registers: HashMap<String, usize>,
    /// Names that the kernel declares: of single registers, and the beginnings of numbered ones with their count.
    declared: HashMap<String, Option<usize>>,
    /// Registers that inner scopes declare, the innermost scope last.
    scopes: Vec<HashMap<String, usize>>,
    count: usize,
    labels: HashMap<String, usize>,
    tables: HashMap<String, Vec<String>>,
    /// Branches, with the label or the table that they go to.
    branches: Vec<(usize, String)>,
}

impl<'a> Parser<'a> {
    fn new(symbols: &'a Symbols) -> Self {
        Self {
            symbols,
            code: Vec::new(),
            registers: HashMap::new(),
            declared: HashMap::new(),
            scopes: Vec::new(),
            count: 0,
            labels: HashMap::new(),
            tables: HashMap::new(),
            branches: Vec::new(),
        }
    }

    fn add(&mut self, statement: Statement) -> Result<(), Fault> {
        match statement {
            Statement::OpenScope => self.scopes.push(HashMap::new()),
            Statement::CloseScope => drop(self.scopes.pop()),
            Statement::Label(label) => {
                if self.labels.insert(label.to_owned(), self.code.len()).is_some() {
                    return Err(Fault::new(format!("the label {label} is there twice")));
                }
            }
            Statement::Targets { label, names } => {
                let names = names.into_iter().map(str::to_owned).collect();
                self.tables.insert(label.to_owned(), names);
            }
            Statement::Directive(directive) => self.declare_registers(directive),
            Statement::Instruction(text) => {
                let instruction = self.instruction(text)?;
                self.code.push(instruction);
            }
        }
        Ok(())
    }

    /// `.reg .b32 %a, %r<9>`. Registers of an inner scope may have the names of others, and are numbered here.
    /// Those of the kernel are numbered when they are first used.
    fn declare_registers(&mut self, directive: &str) {
        let declared = directive.strip_prefix(".reg").map(str::trim_start);
        let Some((_, names)) = declared.and_then(|rest| rest.split_once(char::is_whitespace))
        else {
            return;
        };
        for name in parts(names) {
            let (name, count) = match name.split_once('<') {
                Some((name, count)) => (name, count.trim_end_matches('>').parse().ok()),
                None => (name, None),
            };
            let Some(scope) = self.scopes.last_mut() else {
                self.declared.insert(name.to_owned(), count);
                continue;
            };
            let names = match count {
                None => vec![name.to_owned()],
                Some(count) => (0..count).map(|number: usize| format!("{name}{number}")).collect(),
            };
            for name in names {
                scope.insert(name, self.count);
                self.count += 1;
            }
        }
    }

    fn instruction(&mut self, text: &str) -> Result<Instruction, Fault> {
        let unknown = || Fault::new(format!("not emulated: {text}"));
        let (guard, rest) = match text.strip_prefix('@') {
            None => (None, text),
            Some(guarded) => {
                let (name, rest) = guarded.split_once(char::is_whitespace).ok_or_else(unknown)?;
                let (negated, name) = match name.strip_prefix('!') {
                    Some(name) => (true, name),
                    None => (false, name),
                };
                (
                    Some(Guard { register: self.declared_register(name)?, negated }),
                    rest.trim_start(),
                )
            }
        };
        let (opcode, list) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (name, words) = opcode.split_once('.').unwrap_or((opcode, ""));
        let words: Vec<&str> = words.split('.').filter(|word| !word.is_empty()).collect();
        let operation = Operation::parse(name, &words).ok_or_else(unknown)?;
        let types: Vec<Type> = words.iter().copied().filter_map(Type::parse).collect();
        let mut operands = Vec::new();
        match &operation {
            Operation::Branch => self.branches.push((self.code.len(), list.trim().to_owned())),
            Operation::BranchByIndex => {
                let [index, table] = parts(list)[..] else { return Err(unknown()) };
                operands.push(self.operand(index)?);
                self.branches.push((self.code.len(), table.to_owned()));
            }
            Operation::Trap(_) => {}
            _ => {
                operands = parts(list)
                    .into_iter()
                    .map(|part| self.operand(part))
                    .collect::<Result<_, _>>()?;
            }
        }
        let instruction = Instruction {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            guard,
            operation,
            ty: types.first().copied().unwrap_or(Type::B32),
            types,
            operands,
            targets: Vec::new(),
        };
        if instruction.is_emulated() { Ok(instruction) } else { Err(unknown()) }
    }

    /// The number of a declared register.
    fn declared_register(&mut self, name: &str) -> Result<usize, Fault> {
        if self.is_register(name) {
            Ok(self.register(name))
        } else {
            Err(Fault::new(format!("there is no register {name}")))
        }
    }

    /// The number of a register.
    fn register(&mut self, name: &str) -> usize {
        if let Some(number) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return *number;
        }
        *self.registers.entry(name.to_owned()).or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// Whether a register with this name is declared.
    fn is_register(&self, name: &str) -> bool {
        if self.scopes.iter().any(|scope| scope.contains_key(name)) {
            return true;
        }
        let beginning = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let number: Option<usize> = name[beginning.len()..].parse().ok();
        let in_range = |count: usize| number.is_some_and(|number| number < count);
        self.declared.get(name).is_some_and(Option::is_none)
            || self.declared.get(beginning).copied().flatten().is_some_and(in_range)
    }

    fn operand(&mut self, text: &str) -> Result<Operand, Fault> {
        let unknown = || Fault::new(format!("operand {text}"));
        if text == "_" {
            return Ok(Operand::Ignored);
        }
        if let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            let elements = parts(inner).into_iter().map(|part| self.operand(part));
            return Ok(Operand::Vector(elements.collect::<Result<_, _>>()?));
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return self.address(inner.trim());
        }
        if let Some(name) = text.strip_prefix('!') {
            return Ok(Operand::Negated(self.declared_register(name)?));
        }
        if let Some((first, second)) = text.split_once('|') {
            let first = self.declared_register(first.trim())?;
            return Ok(Operand::Pair(first, self.declared_register(second.trim())?));
        }
        if let Some(special) = Special::parse(text) {
            return Ok(Operand::Special(special));
        }
        if self.is_register(text) {
            return Ok(Operand::Register(self.register(text)));
        }
        self.symbols.constant(text).map(Operand::Immediate).ok_or_else(unknown)
    }

    /// The inside of `[...]`: a register or a symbol, with an offset.
    fn address(&mut self, text: &str) -> Result<Operand, Fault> {
        let sign = text.get(1..).and_then(|rest| rest.find(['+', '-'])).map(|at| at + 1);
        let (base, offset) = text.split_at(sign.unwrap_or(text.len()));
        let offset = offset.trim_start_matches('+').trim();
        let offset = if offset.is_empty() { Some(0) } else { self.symbols.constant(offset) };
        let offset = offset.ok_or_else(|| Fault::new(format!("address [{text}]")))?;
        match self.operand(base.trim())? {
            Operand::Register(base) => Ok(Operand::Address { base: Some(base), offset }),
            Operand::Immediate(address) => {
                Ok(Operand::Address { base: None, offset: address.wrapping_add(offset) })
            }
            _ => Err(Fault::new(format!("address [{text}]"))),
        }
    }

    /// The code with the targets of its branches, and the number of registers.
    fn finish(mut self) -> Result<(Vec<Instruction>, usize), Fault> {
        let end = Instruction {
            text: "the end".into(),
            guard: None,
            operation: Operation::Return,
            ty: Type::B32,
            types: Vec::new(),
            operands: Vec::new(),
            targets: Vec::new(),
        };
        self.code.push(end);
        for (at, name) in std::mem::take(&mut self.branches) {
            let names = self.tables.get(&name).cloned().unwrap_or_else(|| vec![name]);
            let target = |name: &String| {
                let found = self.labels.get(name).copied();
                found.ok_or_else(|| Fault::new(format!("there is no label {name}")))
            };
            self.code[at].targets = names.iter().map(target).collect::<Result<_, _>>()?;
        }
        Ok((self.code, self.count))
    }
}

#[cfg(test)]
mod tests;
