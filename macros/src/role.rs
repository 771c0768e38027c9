//! What training does to a parameter.
use std::ops::{Index, IndexMut};

/// What training does to a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It learns.
    Trained,
    /// It stays as it is.
    Frozen,
    /// It is no parameter: a step writes it anew, and no optimizer sees it.
    State,
}

impl Role {
    /// All of them, in the order in which generated code names them.
    pub const ALL: [Role; 3] = [Role::Trained, Role::Frozen, Role::State];
}

/// Something for each role.
#[derive(Clone, Debug, Default)]
pub struct PerRole<T>([T; 3]);

impl<T> PerRole<T> {
    /// What `make` says for each.
    pub fn of(make: impl FnMut(Role) -> T) -> PerRole<T> {
        PerRole(Role::ALL.map(make))
    }
}
impl<T> Index<Role> for PerRole<T> {
    type Output = T;
    fn index(&self, role: Role) -> &T {
        &self.0[role as usize]
    }
}
impl<T> IndexMut<Role> for PerRole<T> {
    fn index_mut(&mut self, role: Role) -> &mut T {
        &mut self.0[role as usize]
    }
}
