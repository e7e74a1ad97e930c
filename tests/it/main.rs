//! What needs the whole tree or the running application, in one test executable.

mod direction;
