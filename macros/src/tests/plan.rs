//! The planner: no two values that are needed at the same time share a slot.
