//! Where a declaration may stand.
mod inner {
    plywood::network! { pub(super) struct Net: [2] -> [2] { fc: Linear(2) } }
    pub mod deeper {
        plywood::network! { pub(in crate::inner) struct Hidden: [2] -> [2] { fc: Linear(2) } }
        #[plywood::model([2] -> [1])]
        pub struct Shown {
            fc: Linear<1>,
        }
    }
    pub fn count() -> usize {
        deeper::Hidden::PARAMETERS
    }
}
use plywood as boards;

boards::network! {
    struct Renamed: [2] -> [2], crate: crate::boards { fc: Linear(2) }
}

fn main() {
    plywood::network! { struct Net: [3] -> [1] { fc: Linear(1) } }
    assert_eq!((Net::PARAMETERS, inner::Net::PARAMETERS, inner::count()), (4, 6, 6));
    assert_eq!((Renamed::PARAMETERS, inner::deeper::Shown::PARAMETERS), (6, 3));
}
