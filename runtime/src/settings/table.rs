//! Structs as tables of their fields by name.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};

/// What is read from a table of names.
pub(crate) trait Tabled<'de>: Sized {
    const NAME: &'static str;
    const FIELDS: &'static [&'static str];
    /// It from the entries of the table.
    fn of_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// Reads a table, and refuses what has no names.
pub(crate) struct Named<T>(PhantomData<T>);

impl<'de, T: Tabled<'de>> Named<T> {
    pub fn read<D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        from.deserialize_struct(T::NAME, T::FIELDS, Named(PhantomData))
    }
}

impl<'de, T: Tabled<'de>> Visitor<'de> for Named<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match T::FIELDS {
            [] => write!(f, "an empty table for `{}`, which has no setting", T::NAME),
            fields => write!(f, "a table of `{}` by name, of `{}`", T::NAME, fields.join("`, `")),
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }
}

/// Reads and writes a struct as a table of its fields: `table! { Step { step_size, gamma = 0.1 } }`. A field without a value
/// must be there; after `or default` those that are not there are those of `Default`, after `or` and words these are said of
/// a name that is none. Fields of a tuple are given names, `0 => k`, a generic type is given with what is asked of it to be
/// read and to be written, and `by` names what a field is wrapped in to be either, which reads one that is not there as
/// `None`.
macro_rules! table {
    (
        $name:ident $([$($generics:tt)*])?
        { $($field:ident $(by $by:ident)? $(= $value:expr)?),* $(,)? } $(, or $or:tt)?
    ) => {
        $crate::settings::table! {
            @$name [$([$($generics)*])?] ($($or)?) $($field => $field ($($by)?) ($($value)?))*
        }
    };
    ($name:ident $([$($generics:tt)*])? { $($member:tt => $field:ident),* }) => {
        $crate::settings::table! { @$name [$([$($generics)*])?] () $($member => $field () ())* }
    };
    (@$name:ident [$([$($g:ident: $read:path, $write:path);*])?] $or:tt
        $($member:tt => $field:ident $by:tt $value:tt)*) => {
        impl<'de $($(, $g: $read)*)?> $crate::settings::Tabled<'de> for $name $(<$($g),*>)? {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
            fn of_map<Map: ::serde::de::MapAccess<'de>>(
                mut map: Map,
            ) -> ::std::result::Result<Self, Map::Error> {
                $(let mut $field = ::std::option::Option::None;)*
                while let Some(name) = map.next_key::<::std::string::String>()? {
                    match name.as_str() {
                        $(stringify!($field) => {
                            let value = $crate::settings::table!(@read $by map.next_value()?);
                            if $field.replace(value).is_some() {
                                return Err(::serde::de::Error::duplicate_field(stringify!($field)));
                            }
                        })*
                        other => return Err($crate::settings::table!(@unknown $or other)),
                    }
                }
                Ok($name {
                    $($member: match $field {
                        Some(value) => value,
                        None => $crate::settings::table!(@missing $or $by $value $name $field),
                    }),*
                })
            }
        }
        impl<'de $($(, $g: $read)*)?> ::serde::Deserialize<'de> for $name $(<$($g),*>)? {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> ::std::result::Result<Self, D::Error> {
                $crate::settings::Named::read(from)
            }
        }
        impl $(<$($g: $write),*>)? ::serde::Serialize for $name $(<$($g),*>)? {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> ::std::result::Result<S::Ok, S::Error> {
                let count = [$(stringify!($field)),*].map(|_: &str| ()).len();
                #[allow(unused_mut)]
                let mut table = ::serde::Serializer::serialize_struct(to, stringify!($name), count)?;
                $(::serde::ser::SerializeStruct::serialize_field(
                    &mut table,
                    stringify!($field),
                    $crate::settings::table!(@write $by self.$member),
                )?;)*
                ::serde::ser::SerializeStruct::end(table)
            }
        }
    };
    (@read () $value:expr) => { $value };
    (@read ($by:ident) $value:expr) => {{
        let $by(value) = $value;
        value
    }};
    (@write () $value:expr) => { &$value };
    (@write ($by:ident) $value:expr) => { &$by($value) };
    (@missing $or:tt () ($value:expr) $name:ident $field:ident) => { $value };
    // what it is wrapped in knows what stands for nothing
    (@missing $or:tt ($by:ident) () $name:ident $field:ident) => {{
        let $by(value) = ::serde::Deserialize::deserialize(::serde::de::value::UnitDeserializer::<Map::Error>::new())?;
        value
    }};
    (@missing (default) () () $name:ident $field:ident) => { $name::default().$field };
    (@missing $or:tt () () $name:ident $field:ident) => {
        return Err(::serde::de::Error::missing_field(stringify!($field)))
    };
    (@unknown ($words:literal) $other:ident) => {
        ::serde::de::Error::custom(::std::format_args!("unknown field `{}`: {}", $other, $words))
    };
    (@unknown $or:tt $other:ident) => {
        ::serde::de::Error::unknown_field($other, <Self as $crate::settings::Tabled<'de>>::FIELDS)
    };
}
pub(crate) use table;
