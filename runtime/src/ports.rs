//! Several ports by name: the structs that the compiler declares for them, and what their losses have in common.

use crate::error::{Error, Result};
use crate::loss::{LossFormula, LossRow, Reduction};

/// Declares the struct for a list of named ports: `ports!(pub NetInput { left: L LM LT, right: R RM RT })`. For a network's
/// outputs, `ports!(pub NetOutput, NetLoss { next: A AM AT, value: B BM BT })` declares another for their losses. Beside each
/// name stand the type parameters of a port, of what measures it, and of what that compares it with.
///
/// The struct is generic over what each field holds, so that it is samples by slice, owned, or to be changed; targets; or a
/// metric each. A struct of losses is another type, because every loss is a metric: rustc must see that no struct is a loss by
/// fields and a metric by fields.
#[doc(hidden)]
#[macro_export]
macro_rules! __ports {
    (@same $each:ident $one:ident) => { $one };
    ($(#[$meta:meta])* $vis:vis $name:ident, $loss:ident { $($ports:tt)+ }) => {
        $crate::__ports! { $(#[$meta])* $vis $name { $($ports)+ } }
        $crate::__ports! { @ $vis $loss for $name { $($ports)+ } }
    };
    ($(#[$meta:meta])* $vis:vis $name:ident { $($field:ident: $P:ident $V:ident $T:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::default::Default,
            ::core::cmp::PartialEq,
        )]
        $vis struct $name<$($P),+> {
            $(#[doc = ::core::concat!("What it has for `", ::core::stringify!($field), "`.")] pub $field: $P),+
        }
        const _: () = {
            use $crate::__private as ply;

            impl<$($P: ply::Port),+> ply::Ports for $name<$($P),+> {
                type Batch<'a> = $name<$($P::Batch<'a>),+>;
                type BatchMut<'a> = $name<$($P::BatchMut<'a>),+>;
                type Owned = $name<$($P::Owned),+>;
                const PORTS: &'static [ply::PortInfo] =
                    &[$(ply::PortInfo { name: ply::plain(::core::stringify!($field)), ..<$P as ply::Port>::PORT }),+];

                fn len(batch: Self::Batch<'_>) -> ply::Result<usize> {
                    let lens = [
                        $(($P::len(batch.$field)?, ::core::concat!("samples in `", ::core::stringify!($field), "`"))),+
                    ];
                    let (expected, _) = lens[0];
                    for (found, what) in lens {
                        if found != expected {
                            let help = "give every one of them as many samples";
                            return ply::Err(ply::Error::Length { what, expected, found, help });
                        }
                    }
                    ply::Ok(expected)
                }
                fn range<'a>(batch: Self::Batch<'a>, at: ply::Range<usize>) -> Self::Batch<'a> {
                    $name { $($field: $P::range(batch.$field, at.start..at.end)),+ }
                }
                fn split_mut<'a>(batch: Self::BatchMut<'a>, at: usize) -> (Self::BatchMut<'a>, Self::BatchMut<'a>) {
                    let parts = $name { $($field: $P::split_mut(batch.$field, at)),+ };
                    ($name { $($field: parts.$field.0),+ }, $name { $($field: parts.$field.1),+ })
                }
                fn shared<'a>(batch: &'a Self::BatchMut<'_>) -> Self::Batch<'a> {
                    $name { $($field: $P::shared(&batch.$field)),+ }
                }
                fn ports<R_>(batch: Self::Batch<'_>, with: impl ply::FnOnce(&[ply::Flat<'_, f32>]) -> R_) -> R_ {
                    with(&[$($P::port(batch.$field)),+])
                }
                fn view(owned: &Self::Owned) -> Self::Batch<'_> {
                    $name { $($field: $P::view(&owned.$field)),+ }
                }
                fn view_mut(owned: &mut Self::Owned) -> Self::BatchMut<'_> {
                    $name { $($field: $P::view_mut(&mut owned.$field)),+ }
                }
                fn reserve(owned: &mut Self::Owned, what: &'static str, n: usize) -> ply::Result<()> {
                    $($P::reserve(&mut owned.$field, what, n)?;)+
                    ply::Ok(())
                }
                fn gather(owned: &mut Self::Owned, from: Self::Batch<'_>, at: &[usize]) {
                    $($P::gather(&mut owned.$field, from.$field, at);)+
                }
            }
            impl<$($P: ply::NumberPort),+> ply::Numbers for $name<$($P),+> {
                fn zeros(what: &'static str, n: usize) -> ply::Result<Self::Owned> {
                    ply::Ok($name { $($field: $P::zeros(what, n)?),+ })
                }
                fn of_ports<'a>(ports: &mut impl ply::Iterator<Item = &'a [f32]>) -> Self::Batch<'a> {
                    $name { $($field: $P::of_ports(ports)),+ }
                }
                fn of_ports_mut<'a>(ports: &mut impl ply::Iterator<Item = &'a mut [f32]>) -> Self::BatchMut<'a> {
                    $name { $($field: $P::of_ports_mut(ports)),+ }
                }
                fn ports_mut<R_>(batch: Self::BatchMut<'_>, with: impl ply::FnOnce(&mut [&mut [f32]]) -> R_) -> R_ {
                    with(&mut [$($P::port_mut(batch.$field)),+])
                }
            }
            impl<S_: ply::Sample> ply::Alike<{ ply::count(&[$(::core::stringify!($field)),+]) }>
                for $name<$($crate::__ports!(@same $P S_)),+>
            {
                type Port = S_;
                fn each<'a>(batch: Self::Batch<'a>) -> [&'a [S_]; ply::count(&[$(::core::stringify!($field)),+])] {
                    [$(batch.$field),+]
                }
                fn each_mut<'a>(
                    batch: Self::BatchMut<'a>,
                ) -> [&'a mut [S_]; ply::count(&[$(::core::stringify!($field)),+])] {
                    [$(batch.$field),+]
                }
            }
            impl<$($P: ply::IntoPorts),+> ply::IntoPorts for $name<$($P),+>
            where
                $($P::Of: ply::Port,)+
            {
                type Of = $name<$($P::Of),+>;
                fn into_owned(self) -> <Self::Of as ply::Ports>::Owned {
                    $name { $($field: self.$field.into_owned()),+ }
                }
            }
            impl<'a, $($P: ply::IntoBatch<'a>),+> ply::IntoBatch<'a> for $name<$($P),+>
            where
                $($P::Of: ply::Port,)+
            {
                type Of = $name<$($P::Of),+>;
                fn into_batch(self) -> <Self::Of as ply::Ports>::Batch<'a> {
                    $name { $($field: self.$field.into_batch()),+ }
                }
            }
            /// A metric for each.
            impl<$($P: ply::Port, $T: ply::Port, $V: ply::Metric<$P, $T>),+>
                ply::Metric<$name<$($P),+>, $name<$($T),+>> for $name<$($V),+>
            {
                type Total = $name<$($V::Total),+>;
                type Value = $name<$($V::Value),+>;

                fn check(&self) -> ply::Result<()> {
                    $(ply::in_port(::core::stringify!($field), ply::Metric::<$P, $T>::check(&self.$field))?;)+
                    ply::Ok(())
                }
                fn add(
                    &self,
                    total: &mut Self::Total,
                    output: <$name<$($P),+> as ply::Ports>::Batch<'_>,
                    targets: <$name<$($T),+> as ply::Ports>::Batch<'_>,
                ) -> ply::Result<()> {
                    $(ply::in_port(
                        ::core::stringify!($field),
                        self.$field.add(&mut total.$field, output.$field, targets.$field),
                    )?;)+
                    ply::Ok(())
                }
                fn result(&self, total: Self::Total) -> Self::Value {
                    $name { $($field: self.$field.result(total.$field)),+ }
                }
            }
            impl<$($P: ply::Port, $T: ply::Port, $V: ply::ScalarMetric<$P, $T>),+>
                ply::Validations<$name<$($P),+>, $name<$($T),+>, ply::ByPort> for $name<$($V),+>
            {
                fn add_to<'a>(self, list: &mut ply::List<'a, '_, $name<$($P),+>, $name<$($T),+>>)
                where
                    Self: 'a,
                {
                    $(list.add_of_port::<$P, $T, $V>(
                        ::core::stringify!($field),
                        self.$field,
                        |_, output| output.$field,
                        |_, targets| targets.$field,
                    );)+
                }
            }
        };
    };
    (@ $vis:vis $loss:ident for $name:ident { $($field:ident: $P:ident $V:ident $T:ident),+ $(,)? }) => {
        /// A loss for each output: their sum is the loss of the network.
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        $vis struct $loss<$($P),+> {
            $(#[doc = ::core::concat!("That of `", ::core::stringify!($field), "`.")] pub $field: $P),+
        }
        const _: () = {
            use $crate::__private as ply;

            impl<$($P: ply::NumberPort, $V: ply::Loss<$P>),+> ply::Loss<$name<$($P),+>> for $loss<$($V),+>
            where
                $($V::Target: ply::Port,)+
            {
                type Target = $name<$($V::Target),+>;

                fn reduction(&self) -> ply::Reduction {
                    ply::reduction(&[$(self.$field.reduction()),+])
                }
                fn check(&self) -> ply::Result<()> {
                    $(ply::in_port(::core::stringify!($field), self.$field.check())?;)+
                    ply::check_reductions(&[$(self.$field.reduction()),+])
                }
                fn describe(&self) -> ply::String {
                    let parts = [$((::core::stringify!($field), self.$field.describe())),+];
                    ply::describe(::core::stringify!($loss), &parts)
                }
                fn row(&self) -> ply::Option<ply::LossRow> {
                    ply::row(ply::Loss::<$name<$($P),+>>::reduction(self), [$(self.$field.row()),+])
                }
                fn gradient(
                    &self,
                    cpu: &ply::Cpu,
                    d: <$name<$($P),+> as ply::Ports>::BatchMut<'_>,
                    output: <$name<$($P),+> as ply::Ports>::Batch<'_>,
                    targets: <Self::Target as ply::Ports>::Batch<'_>,
                    scale: f64,
                ) -> ply::Result<f64> {
                    ply::Loss::<$name<$($P),+>>::gradient_by_part(self, cpu, d, output, targets, scale, &mut [])
                }
                fn parts(&self) -> &'static [&'static str] {
                    const { &[$(ply::plain(::core::stringify!($field))),+] }
                }
                fn gradient_by_part(
                    &self,
                    cpu: &ply::Cpu,
                    d: <$name<$($P),+> as ply::Ports>::BatchMut<'_>,
                    output: <$name<$($P),+> as ply::Ports>::Batch<'_>,
                    targets: <Self::Target as ply::Ports>::Batch<'_>,
                    scale: f64,
                    parts: &mut [f64],
                ) -> ply::Result<f64> {
                    ply::Ok(ply::add_parts(parts, [$(ply::in_port(
                        ::core::stringify!($field),
                        self.$field.gradient(cpu, d.$field, output.$field, targets.$field, scale),
                    )?),+]))
                }
                fn value(
                    &self,
                    output: <$name<$($P),+> as ply::Ports>::Batch<'_>,
                    targets: <Self::Target as ply::Ports>::Batch<'_>,
                ) -> ply::Result<f64> {
                    ply::Ok(0.0 $(+ ply::in_port(
                        ::core::stringify!($field),
                        self.$field.value(output.$field, targets.$field),
                    )?)+)
                }
            }
        };
    };
}

/// `r#type` as `type`.
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// How many ports have these names.
pub const fn count(names: &[&str]) -> usize {
    names.len()
}

/// An error about one of several ports says which.
pub fn in_port<T>(name: &'static str, result: Result<T>) -> Result<T> {
    let name = plain(name);
    result.map_err(|error| match error {
        Error::Target { sample, problem } => {
            Error::Target { sample, problem: format!("`{name}`: {problem}") }
        }
        Error::Output { sample, problem } => {
            Error::Output { sample, problem: format!("`{name}`: {problem}") }
        }
        error => error,
    })
}

/// The reduction of a sum of losses: that of sums is a sum, any other a mean over samples.
pub fn reduction(parts: &[Reduction]) -> Reduction {
    if parts.iter().all(|part| *part == Reduction::Sum) { Reduction::Sum } else { Reduction::Mean }
}

/// Batches of a sum of losses combine by one rule, as means or as sums.
pub fn check_reductions(parts: &[Reduction]) -> Result<()> {
    let sums = parts.iter().filter(|part| **part == Reduction::Sum).count();
    if sums == 0 || sums == parts.len() {
        return Ok(());
    }
    let expected =
        "a sum for every output or for none: the loss of several batches is either a sum or a mean";
    Err(Error::Setting { name: "reduction", expected, found: format!("{parts:?}") })
}

/// A struct of losses in words.
pub fn describe(name: &str, parts: &[(&str, String)]) -> String {
    let parts: Vec<_> = parts.iter().map(|(field, described)| format!("{field}: {described}")).collect();
    format!("{name} {{ {} }}", parts.join(", "))
}

/// The sum of what the parts of a loss come to, each of which is written where it is asked for.
pub fn add_parts<const N: usize>(parts: &mut [f64], found: [f64; N]) -> f64 {
    parts.iter_mut().zip(found).for_each(|(part, found)| *part = found);
    found.into_iter().sum()
}

/// The row of a sum of losses, if every one has one.
pub fn row<const N: usize>(reduction: Reduction, parts: [Option<LossRow>; N]) -> Option<LossRow> {
    let parts = parts.into_iter().collect::<Option<_>>()?;
    Some(LossRow { formula: LossFormula::Joint(parts), reduction, weight: 1.0 })
}
