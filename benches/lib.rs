//! Plywood against its peers.
