//! `fn forward` of random declarations.
use super::generate::{Maker, Scope, Ty};
use super::parts::SMOOTH;
use super::tree::{Argument, Expr, Form, Forward, Item, Operator, Pattern, Told, What};
use plywood_kernels::layers::{self, Layer};

/// A `forward` under construction.
#[derive(Clone)]
struct Writing {
    scope: Scope,
    pool: Vec<Known>,
    members: Vec<Member>,
    statements: Vec<(Pattern, Expr)>,
}

/// A value with a name.
#[derive(Clone)]
struct Known {
    name: String,
    ty: Ty,
    read: bool,
}

/// A member with what it takes and gives.
#[derive(Clone)]
struct Member {
    item: Item,
    inputs: Vec<Ty>,
    outputs: Vec<Ty>,
}

/// A value and what it is.
type Typed = (Expr, Ty);

impl Maker {
    /// A `forward` of such inputs, and what it gives.
    pub fn forward(
        &mut self,
        scope: &Scope,
        inputs: Vec<(String, Ty)>,
        outputs: usize,
        names: Option<Vec<String>>,
    ) -> (Forward, Vec<Ty>) {
        let given = inputs.iter().map(|(name, _)| name.clone()).collect();
        let known = |(name, ty)| Known { name, ty, read: false };
        let pool = inputs.into_iter().map(known).collect();
        let mut writing = Writing { scope: scope.deeper(), pool, members: vec![], statements: vec![] };
        for _ in 0..1 + self.numbers.below(5) {
            self.kept(&mut writing, Maker::statement);
        }
        let mut results = vec![];
        if names.is_none()
            && outputs > 1
            && self.numbers.one_in(3)
            && let Some((expr, tys)) =
                self.kept(&mut writing, |maker, writing| maker.all_at_once(writing, outputs))
        {
            let Writing { members, statements, .. } = writing;
            let members = members.into_iter().map(|member| member.item).collect();
            let results = vec![(0, expr)];
            return (Forward { members, inputs: given, statements, results, names }, tys);
        }
        for number in 1..outputs {
            let made = self.kept(&mut writing, |maker, writing| maker.expr(writing, 1));
            let made = made.unwrap_or_else(|| self.plain(&mut writing));
            results.push((number, made));
        }
        results.push((0, self.rest(&mut writing)));
        let mut tys: Vec<(usize, Ty)> =
            results.iter().map(|(number, (_, ty))| (*number, ty.clone())).collect();
        tys.sort_by_key(|(number, _)| *number);
        let mut results: Vec<(usize, Expr)> =
            results.into_iter().map(|(number, (expr, _))| (number, expr)).collect();
        let names = names.filter(|_| self.numbers.below(3) > 0);
        if names.is_none() {
            results.sort_by_key(|(number, _)| *number);
        }
        let Writing { members, statements, .. } = writing;
        let members = members.into_iter().map(|member| member.item).collect();
        let forward = Forward { members, inputs: given, statements, results, names };
        (forward, tys.into_iter().map(|(_, ty)| ty).collect())
    }

    /// All results, as one member gives them; nothing else may be left over then.
    fn all_at_once(&mut self, writing: &mut Writing, outputs: usize) -> Option<(Expr, Vec<Ty>)> {
        let unread: Vec<Known> = writing.pool.iter().filter(|known| !known.read).cloned().collect();
        if unread.is_empty() || unread.len() > 2 || unread.iter().any(|known| known.ty.index) {
            return None;
        }
        let values = unread.iter().map(|known| Expr::Name(known.name.clone())).collect();
        let tys: Vec<Ty> = unread.into_iter().map(|known| known.ty).collect();
        let at = self.member_of_block(writing, &tys, outputs)?;
        Some((Expr::Member(writing.called(at), values), writing.members[at].outputs.clone()))
    }

    /// What `make` makes, or nothing of it.
    fn kept<R>(
        &mut self,
        writing: &mut Writing,
        make: impl FnOnce(&mut Maker, &mut Writing) -> Option<R>,
    ) -> Option<R> {
        let (before, blocks) = (writing.clone(), self.program.blocks.len());
        let made = make(self, writing);
        if made.is_none() {
            *writing = before;
            self.program.blocks.truncate(blocks);
        }
        made
    }

    fn statement(&mut self, writing: &mut Writing) -> Option<()> {
        match self.numbers.below(7) {
            0 => {
                let (a, b) = (self.expr(writing, 1)?, self.expr(writing, 1)?);
                let value = Expr::Tuple(vec![a.0, b.0]);
                let names = [self.bound(writing, a.1), self.bound(writing, b.1)];
                writing.statements.push((Pattern::Tuple(names.map(Pattern::Name).to_vec()), value));
            }
            1 => {
                let (value, tys) = self.several(writing)?;
                let value = match self.numbers.one_in(3) {
                    true => {
                        let name = self.name("all");
                        writing.statements.push((Pattern::Name(name.clone()), value));
                        Expr::Name(name)
                    }
                    false => value,
                };
                let pattern = self.patterns(writing, tys);
                writing.statements.push((pattern, value));
            }
            2 => {
                let (several, tys) = self.several(writing)?;
                let (one, ty) = self.expr(writing, 1)?;
                let inner = self.patterns(writing, tys);
                let outer = Pattern::Name(self.bound(writing, ty));
                writing
                    .statements
                    .push((Pattern::Tuple(vec![inner, outer]), Expr::Tuple(vec![several, one])));
            }
            _ => {
                let (value, ty) = self.expr(writing, 2)?;
                let name = self.bound(writing, ty);
                writing.statements.push((Pattern::Name(name), value));
            }
        }
        Some(())
    }

    /// Names for several values, of which one may not be needed.
    fn patterns(&mut self, writing: &mut Writing, tys: Vec<Ty>) -> Pattern {
        let forgotten = self.numbers.one_in(3);
        let one = |(k, ty): (usize, Ty)| match k == 1 && forgotten {
            true => Pattern::Nothing,
            false => Pattern::Name(self.bound(writing, ty)),
        };
        Pattern::Tuple(tys.into_iter().enumerate().map(one).collect())
    }

    /// A name for a new value: a new one, or that of one that has been read.
    fn bound(&mut self, writing: &mut Writing, ty: Ty) -> String {
        let read: Vec<usize> = (0..writing.pool.len()).filter(|at| writing.pool[*at].read).collect();
        let name = if !read.is_empty() && self.numbers.one_in(3) {
            let at = self.numbers.of(&read);
            writing.pool.remove(at).name
        } else {
            self.name("h")
        };
        writing.pool.push(Known { name: name.clone(), ty, read: false });
        name
    }

    /// What a block of several values gives.
    fn several(&mut self, writing: &mut Writing) -> Option<(Expr, Vec<Ty>)> {
        let count = 1 + self.numbers.below(2);
        let values: Vec<Typed> = (0..count).map(|_| self.real(writing)).collect::<Option<_>>()?;
        let (exprs, tys): (Vec<Expr>, Vec<Ty>) = values.into_iter().unzip();
        let outputs = self.numbers.of(&[2, 2, 3]);
        let member = self.member_of_block(writing, &tys, outputs)?;
        let given = writing.members[member].outputs.clone();
        Some((Expr::Member(writing.called(member), exprs), given))
    }

    /// A member that is a use of a block on these: an old one applied again, or a new one.
    fn member_of_block(&mut self, writing: &mut Writing, tys: &[Ty], outputs: usize) -> Option<usize> {
        let same = |member: &Member| member.inputs == tys && member.outputs.len() == outputs;
        if let Some(at) = writing.members.iter().position(same)
            && self.numbers.one_in(2)
        {
            return Some(at);
        }
        if writing.scope.depth > 3 {
            return None;
        }
        let known = match self.numbers.one_in(3) {
            true => None,
            false => self.another_use(&writing.scope, tys, outputs),
        };
        let item = match known {
            Some(item) => item,
            None if self.program.blocks.len() < 7 => self.new_block(&writing.scope, tys, outputs),
            None => return None,
        };
        self.declared(writing, item, tys)
    }

    /// A new member.
    fn declared(&mut self, writing: &mut Writing, mut item: Item, inputs: &[Ty]) -> Option<usize> {
        let outputs = self.tried(&item, &writing.scope, inputs)?;
        item.name.get_or_insert_with(|| self.name("member"));
        writing.members.push(Member { item, inputs: inputs.to_vec(), outputs });
        Some(writing.members.len() - 1)
    }

    /// Any value by its name.
    fn any(&mut self, writing: &mut Writing) -> Typed {
        let unread: Vec<usize> = (0..writing.pool.len()).filter(|at| !writing.pool[*at].read).collect();
        let at = match unread.is_empty() || self.numbers.one_in(3) {
            true => self.numbers.below(writing.pool.len()),
            false => self.numbers.of(&unread),
        };
        let known = &mut writing.pool[at];
        known.read = true;
        (Expr::Name(known.name.clone()), known.ty.clone())
    }

    /// A value that is no index.
    fn real(&mut self, writing: &mut Writing) -> Option<Typed> {
        let value = self.any(writing);
        if value.1.index { self.applied(writing, value) } else { Some(value) }
    }

    /// As simple a value as there is, of real numbers.
    fn plain(&mut self, writing: &mut Writing) -> Typed {
        let (expr, ty) = self.any(writing);
        if !ty.index {
            return (expr, ty);
        }
        let told = self.table(&writing.scope);
        let item = self.layer("EmbeddingBag", told);
        let at = self.declared(writing, item, &[ty]).expect("it takes indices");
        let ty = writing.members[at].outputs[0].clone();
        (Expr::Member(writing.called(at), vec![expr]), ty)
    }

    /// A new member on a value.
    fn applied(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let item = self.item(&writing.scope.clone(), &ty);
        let at = self.declared(writing, item, &[ty])?;
        let [made] = writing.members[at].outputs.as_slice() else { return None };
        let made = made.clone();
        if made.index {
            return None;
        }
        Some((Expr::Member(writing.called(at), vec![value]), made))
    }

    /// A value of that type.
    fn like(&mut self, writing: &mut Writing, ty: &Ty) -> Option<Typed> {
        let same: Vec<usize> = (0..writing.pool.len()).filter(|at| writing.pool[*at].ty == *ty).collect();
        if !same.is_empty() {
            let at = self.numbers.of(&same);
            writing.pool[at].read = true;
            return Some((Expr::Name(writing.pool[at].name.clone()), ty.clone()));
        }
        let (value, from) = self.real(writing)?;
        let (items, _) = self.items(&writing.scope.deeper(), &from, 1, Some(ty));
        let at =
            self.declared(writing, Item { name: None, frozen: false, what: What::Group(items) }, &[from])?;
        Some((Expr::Member(writing.called(at), vec![value]), ty.clone()))
    }

    /// A value made of others.
    fn expr(&mut self, writing: &mut Writing, depth: usize) -> Option<Typed> {
        let value = match depth {
            0 => self.real(writing),
            _ if self.numbers.one_in(2) => self.real(writing),
            _ => self.expr(writing, depth - 1),
        }?;
        match self.numbers.below(14) {
            0..3 => self.applied(writing, value),
            3 | 4 => self.shared(writing, value),
            5 => self.between(writing, value),
            6 => self.with_number(writing, value),
            7 => Some((Expr::Negative(Box::new(value.0)), value.1)),
            8 => self.joined(writing, value),
            9 => self.product(writing, value),
            10 if self.numbers.one_in(3) => self.bilinear(writing, value),
            10 => {
                let other = self.real(writing)?;
                let (exprs, tys): (Vec<Expr>, Vec<Ty>) = [value, other].into_iter().unzip();
                let at = self.member_of_block(writing, &tys, 1)?;
                let made = writing.members[at].outputs[0].clone();
                Some((Expr::Member(writing.called(at), exprs), made))
            }
            _ => self.of_one(writing, value),
        }
    }

    /// A member that was applied before, again.
    fn shared(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let fits = |member: &&Member| member.inputs == [ty.clone()] && member.outputs.len() == 1;
        let fitting: Vec<Member> = writing.members.iter().filter(fits).cloned().collect();
        if fitting.is_empty() {
            return self.applied(writing, (value, ty));
        }
        let is_use = |member: &&Member| matches!(member.item.what, What::Use(..));
        let uses: Vec<Member> = fitting.iter().filter(is_use).cloned().collect();
        let Member { item, outputs, .. } = self.numbers.of(if uses.is_empty() { &fitting } else { &uses });
        Some((Expr::Member(item.name.expect("a member has one"), vec![value]), outputs[0].clone()))
    }

    fn between(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let (other, _) = self.like(writing, &ty)?;
        let operator = self.numbers.of(&Operator::ALL);
        // products stay small, and quotients far from what has no number
        let other = match operator {
            Operator::Add | Operator::Sub => other,
            Operator::Mul => function("Tanh", vec![other], vec![], Form::Method),
            Operator::Div => {
                let other = function("Sigmoid", vec![other], vec![], Form::Method);
                Expr::Binary(Operator::Add, Box::new(other), Box::new(Expr::Number(1.5)))
            }
        };
        let exchange = matches!(operator, Operator::Add | Operator::Sub) && self.numbers.one_in(2);
        let (left, right) = if exchange { (other, value) } else { (value, other) };
        Some((Expr::Binary(operator, Box::new(left), Box::new(right)), ty))
    }

    fn with_number(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let told = self.argument(&writing.scope, |told| matches!(told, Told::Number(_)));
        let number = match told {
            Some(name) => Expr::Name(name),
            None if self.numbers.one_in(4) => Expr::Constant,
            None => Expr::Number(self.numbers.of(&[0.5, 1.5, 2.0])),
        };
        let number = match self.numbers.below(5) {
            0 => Expr::Negative(Box::new(number)),
            1 => Expr::Binary(Operator::Add, Box::new(number), Box::new(Expr::Number(0.25))),
            _ => number,
        };
        let number = match self.numbers.one_in(4) {
            true => {
                let name = self.name("by");
                writing.statements.push((Pattern::Name(name.clone()), number));
                Expr::Name(name)
            }
            false => number,
        };
        let operator = self.numbers.of(&Operator::ALL);
        let first = operator != Operator::Div && self.numbers.one_in(2);
        let (left, right) = if first { (number, value) } else { (value, number) };
        Some((Expr::Binary(operator, Box::new(left), Box::new(right)), ty))
    }

    /// Values side by side, or added up.
    fn joined(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let other = self.like(writing, &ty)?.0;
        let rank = ty.sizes.len();
        let axis = Argument::named("axis", Told::Axis(self.numbers.below(rank) as i64));
        let (name, told) = match self.numbers.below(4) {
            0 => ("add", vec![]),
            1 => ("stack", vec![axis]),
            2 => ("sub", vec![]),
            _ => ("concat", vec![axis]),
        };
        let form = match name {
            "sub" => self.numbers.of(&[Form::Call, Form::Method]),
            "add" => self.numbers.of(&[Form::Call, Form::List]),
            _ => Form::List,
        };
        let mut values = vec![value, other];
        if name == "concat" && self.numbers.one_in(3) {
            values.push(values[0].clone());
        }
        let row = layers::function(name)?;
        let made = self.function_of(writing, row, &told, &vec![ty; values.len()])?;
        Some((Expr::Function { row, values, told, form }, made))
    }

    /// What a function gives.
    fn function_of(
        &self,
        writing: &Writing,
        row: &'static dyn Layer,
        told: &[Argument],
        tys: &[Ty],
    ) -> Option<Ty> {
        let item = Item { name: None, frozen: false, what: What::Layer(row, told.to_vec()) };
        self.tried(&item, &writing.scope, tys).map(|mut made| made.remove(0))
    }

    /// `a.matmul(b.transpose())`, of values that are matrices.
    fn product(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        if ty.sizes.len() != 2 {
            return self.of_one(writing, (value, ty));
        }
        let other = self.like(writing, &ty)?.0;
        let other = function("Transpose", vec![other], vec![], Form::Method);
        let row = layers::function("matmul")?;
        let sizes = vec![ty.sizes[0]; 2];
        let form = self.numbers.of(&[Form::Method, Form::Call]);
        let value = Expr::Function { row, values: vec![value, other], told: vec![], form };
        Some((function("Tanh", vec![value], vec![], Form::Call), Ty { index: false, sizes }))
    }

    /// A layer of two values.
    fn bilinear(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let (other, from) = self.real(writing)?;
        let told = vec![Argument::first("out_features", Told::Size(self.size(3, &writing.scope.clone())))];
        let item = self.layer("Bilinear", told);
        let at = self.declared(writing, item, &[ty, from])?;
        let made = writing.members[at].outputs[0].clone();
        Some((Expr::Member(writing.called(at), vec![value, other]), made))
    }

    /// A function of one value.
    fn of_one(&mut self, writing: &mut Writing, (value, ty): Typed) -> Option<Typed> {
        let name = self.numbers.of(&SMOOTH);
        let mut item = self.item(&Scope { depth: usize::MAX, ..writing.scope.clone() }, &ty);
        // layers that learn nothing are functions, too
        let told = match &mut item.what {
            What::Layer(row, told) if row.fields().is_empty() => std::mem::take(told),
            _ => vec![],
        };
        let row = match &item.what {
            What::Layer(row, _) if row.fields().is_empty() => *row,
            _ => layers::find(name)?,
        };
        let made = self.function_of(writing, row, &told, std::slice::from_ref(&ty))?;
        let form = self.numbers.of(&[Form::Method, Form::Call]);
        Some((Expr::Function { row, values: vec![value], told, form }, made))
    }

    /// A value to which everything adds that nothing has read yet.
    fn rest(&mut self, writing: &mut Writing) -> Typed {
        let unread: Vec<Known> = writing.pool.iter().filter(|known| !known.read).cloned().collect();
        writing.pool.iter_mut().for_each(|known| known.read = true);
        if unread.is_empty() {
            return self.plain(writing);
        }
        if let [only] = unread.as_slice()
            && !only.ty.index
            && self.numbers.one_in(2)
        {
            return (Expr::Name(only.name.clone()), only.ty.clone());
        }
        let width = self.small();
        let goal = Ty { index: false, sizes: vec![width] };
        let mut summed: Option<Expr> = None;
        for known in unread {
            let (items, _) = self.items(&writing.scope.deeper(), &known.ty, 0, Some(&goal));
            let mut one = Expr::Name(known.name.clone());
            if !items.is_empty() {
                let item = Item { name: None, frozen: false, what: What::Group(items) };
                let at = self.declared(writing, item, &[known.ty]).expect("it reaches its goal");
                one = Expr::Member(writing.called(at), vec![one]);
            }
            summed = Some(match summed {
                Some(before) => Expr::Binary(Operator::Add, Box::new(before), Box::new(one)),
                None => one,
            });
        }
        (summed.expect("one at least"), goal)
    }
}

impl Writing {
    fn called(&self, member: usize) -> String {
        self.members[member].item.name.clone().expect("a member has one")
    }
}

/// A row of the book on values.
fn function(layer: &str, values: Vec<Expr>, told: Vec<Argument>, form: Form) -> Expr {
    let row = layers::find(layer).expect("a row");
    Expr::Function { row, values, told, form }
}
