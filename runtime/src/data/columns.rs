//! Columns in a file: a name, a position, a list of such, or a table `{name = …}` of one whose name would be read as something
//! else.

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fields::{Choice, Columns};
use crate::settings::{Tabled, table};

/// A column by its name, whatever that is.
struct Column {
    name: String,
}
table! { Column { name } }

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Columns, D::Error> {
        struct Listed;
        impl<'de> Visitor<'de> for Listed {
            type Value = Columns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns: a name, a position from 0, a list of such, or \"..\" for all")
            }
            fn visit_str<E>(self, name: &str) -> Result<Columns, E> {
                Ok(if name == ".." { Columns::from(..) } else { Columns::from(name) })
            }
            fn visit_u64<E: de::Error>(self, position: u64) -> Result<Columns, E> {
                let found = Unexpected::Unsigned(position);
                usize::try_from(position).map(Columns::from).map_err(|_| E::invalid_value(found, &self))
            }
            fn visit_i64<E: de::Error>(self, position: i64) -> Result<Columns, E> {
                let found = Unexpected::Signed(position);
                usize::try_from(position).map(Columns::from).map_err(|_| E::invalid_value(found, &self))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Columns, A::Error> {
                let mut all = Columns::default();
                while let Some(some) = list.next_element::<Columns>()? {
                    all.extend(some);
                }
                Ok(all)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Columns, A::Error> {
                let Column { name } = Tabled::of_map(map)?;
                Ok(Columns::from(name))
            }
        }
        from.deserialize_any(Listed)
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(&self.0)
    }
}

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Choice::All => to.serialize_str(".."),
            Choice::Name(name) if name == ".." => Column { name: name.clone() }.serialize(to),
            Choice::Name(name) => to.serialize_str(name),
            Choice::Position(position) => position.serialize(to),
        }
    }
}
