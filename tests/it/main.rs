//! Behaviour against a real server, which this binary starts.

mod support;

mod hash;
