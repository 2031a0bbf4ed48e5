//! Behaviour on a real cluster of six nodes, which this binary starts.

mod support;

mod connections;
mod faults;
mod moving_slots;
mod operations;
mod scan;
