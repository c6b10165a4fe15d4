//! Column layouts: structs that read themselves from a row.

/// Declares a table's columns: a struct over any cell type, with its width, its names, and safe conversions from
/// and to a row. Arrays spell their length: `limbs: [8]`.
macro_rules! columns {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident $(: [$len:expr])?,)*
    }) => {
        $(#[$meta])*
        pub struct $name<T> {
            $($(#[$field_meta])* pub $field: columns!(@type T $([$len])?),)*
        }

        impl<T: Copy> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Copy> Copy for $name<T> {}

        impl<T> $name<T> {
            /// Number of columns.
            pub const WIDTH: usize = 0 $(+ columns!(@len $([$len])?))*;

            /// Each column's place in a row.
            #[allow(unused_assignments)]
            pub const PLACES: $name<usize> = {
                let mut at = 0;
                $name { $($field: columns!(@place at $([$len])?),)* }
            };

            /// The row as columns.
            ///
            /// # Panics
            /// If the row is shorter than [`Self::WIDTH`].
            #[allow(unused_assignments)]
            pub fn from_row(row: &[T]) -> Self
            where
                T: Copy,
            {
                let mut at = 0;
                Self { $($field: columns!(@read row at $([$len])?),)* }
            }

            /// Writes the columns to a row.
            ///
            /// # Panics
            /// If the row is shorter than [`Self::WIDTH`].
            #[allow(unused_assignments)]
            pub fn write(&self, row: &mut [T])
            where
                T: Copy,
            {
                let mut at = 0;
                $(columns!(@write self row at $field $([$len])?);)*
            }

            /// The columns' names, in order; `limbs[3]` for a cell of an array.
            pub fn names() -> alloc::vec::Vec<alloc::string::String> {
                let mut names = alloc::vec::Vec::with_capacity(Self::WIDTH);
                $(columns!(@name names $field $([$len])?);)*
                names
            }
        }

        impl<T: Copy + Default> Default for $name<T> {
            fn default() -> Self {
                Self { $($field: columns!(@default T $([$len])?),)* }
            }
        }
    };
    (@type $t:ident) => { $t };
    (@type $t:ident [$len:expr]) => { [$t; $len] };
    (@len) => { 1 };
    (@len [$len:expr]) => { $len };
    (@place $at:ident) => {{ $at += 1; $at - 1 }};
    (@place $at:ident [$len:expr]) => {{
        let mut places = [0; $len];
        let mut i = 0;
        while i < $len {
            places[i] = $at + i;
            i += 1;
        }
        $at += $len;
        places
    }};
    (@read $row:ident $at:ident) => {{ $at += 1; $row[$at - 1] }};
    (@read $row:ident $at:ident [$len:expr]) => {{
        $at += $len;
        core::array::from_fn(|i| $row[$at - $len + i])
    }};
    (@write $self:ident $row:ident $at:ident $field:ident) => { $row[$at] = $self.$field; $at += 1; };
    (@write $self:ident $row:ident $at:ident $field:ident [$len:expr]) => {
        $row[$at..$at + $len].copy_from_slice(&$self.$field); $at += $len;
    };
    (@name $names:ident $field:ident) => { $names.push(stringify!($field).into()); };
    (@name $names:ident $field:ident [$len:expr]) => {
        for i in 0..$len { $names.push(alloc::format!(concat!(stringify!($field), "[{}]"), i)); }
    };
    (@default $t:ident) => { $t::default() };
    (@default $t:ident [$len:expr]) => { [$t::default(); $len] };
}
pub(super) use columns;
