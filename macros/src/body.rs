//! Bodies: which callee is applied to which values, in which order. A stack of layers is a body in which each statement
//! reads the value before it; the stages after `resolve` know bodies alone.
use crate::diagnostics::Place;
use plywood_kernels::attrs::Attrs;
use plywood_kernels::op::Op;
use proc_macro2::Span;

/// A value of a body, by its number: its inputs come first, then what its statements make, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local(pub usize);

/// What a network, or one run of a block, does. `M` is what a stage knows of a member.
pub struct Body<M> {
    /// What owns parameters and a name.
    pub members: Vec<M>,
    /// How many values it is given.
    pub inputs: usize,
    /// In an order in which each comes after what it reads.
    pub statements: Vec<Statement>,
    /// What it gives.
    pub results: Vec<Local>,
    /// How many values there are.
    values: usize,
    /// Whether something is wrong with how it is written, which has been said: what nothing applies may be meant to be.
    pub doubtful: bool,
}

/// A callee applied to values.
pub struct Statement {
    /// What is applied.
    pub callee: Callee,
    /// What it is applied to.
    pub inputs: Vec<Local>,
    /// How many values it makes.
    pub outputs: usize,
    /// Where it stands.
    pub span: Span,
    /// What its value is called, where the declaration binds it to a name and what is applied has none.
    pub name: Option<String>,
    /// Where each value that it is applied to stands; nothing where that is not worth a place of its own.
    pub places: Vec<Place>,
}

/// What a statement applies.
#[derive(Clone)]
pub enum Callee {
    /// The member of that number, which may be applied more than once: then its parameters are shared.
    Member(usize),
    /// An op of the book.
    Op(&'static dyn Op, Attrs),
}

impl<M> Body<M> {
    /// A body of so many inputs that does nothing yet.
    pub fn of(inputs: usize) -> Body<M> {
        Body { members: vec![], inputs, statements: vec![], results: vec![], values: inputs, doubtful: false }
    }
    /// One more member, to be applied.
    pub fn declare(&mut self, member: M) -> Callee {
        self.members.push(member);
        Callee::Member(self.members.len() - 1)
    }
    /// One more statement: the values that it makes.
    pub fn apply(&mut self, callee: Callee, inputs: &[Local], outputs: usize, span: Span) -> Vec<Local> {
        self.apply_at(callee, inputs, outputs, span, vec![])
    }
    /// The same, with the place of each value that it is applied to.
    pub fn apply_at(
        &mut self,
        callee: Callee,
        inputs: &[Local],
        outputs: usize,
        span: Span,
        places: Vec<Place>,
    ) -> Vec<Local> {
        self.statements.push(Statement {
            callee,
            inputs: inputs.to_vec(),
            outputs,
            span,
            name: None,
            places,
        });
        let first = self.values;
        self.values += outputs;
        (first..self.values).map(Local).collect()
    }
    /// The value is bound to that name.
    pub fn bind(&mut self, value: Local, name: String) {
        let Some(last) = self.statements.last_mut() else { return };
        if value.0 + 1 == self.values && last.outputs == 1 {
            last.name.get_or_insert(name);
        }
    }
    /// The same statements, with what another stage knows of the members.
    pub fn with<N>(self, members: Vec<N>) -> Body<N> {
        let Body { inputs, statements, results, values, doubtful, .. } = self;
        Body { members, inputs, statements, results, values, doubtful }
    }
}
