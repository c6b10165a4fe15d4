//! What is known of a table before any run: worked out once.

use std::sync::OnceLock;

use ember_verifier::air::Table;
use ember_verifier::params::{Challenge, MAX_DEGREE, Val};
use p3_air::BaseAir;
use p3_air::symbolic::AirLayout;
use p3_batch_stark::symbolic::get_log_num_quotient_chunks;
use p3_lookup::logup::LogUpGadget;
use p3_lookup::{Lookup, Lookups};

/// A table's constraints and messages.
pub(crate) struct TableKey {
    /// The table.
    pub(super) table: Table,
    /// log2 of the number of quotient polynomials.
    pub(crate) log_chunks: usize,
    /// Number of constraints, those of lookups left out.
    pub(super) constraints: usize,
    /// Every message in the order of its emission: its column and the length of its tuple.
    pub(super) messages: Vec<(usize, usize)>,
    /// Every column of fractions: its messages.
    pub(crate) columns: Vec<Vec<usize>>,
}

impl TableKey {
    /// The key of a table.
    pub(crate) fn of(table: Table) -> &'static Self {
        static KEYS: [OnceLock<TableKey>; Table::ALL.len()] = [const { OnceLock::new() }; Table::ALL.len()];
        KEYS[table as usize].get_or_init(|| Self::new(table))
    }

    fn new(table: Table) -> Self {
        let gadget = LogUpGadget::new();
        let emitted: Vec<Lookup<Val>> = Lookups::from_air::<Challenge, _>(&table).to_vec();
        let packed: Vec<Lookup<Val>> = ember_verifier::air::lookups(table).to_vec();
        assert!(!emitted.is_empty(), "every table has messages");
        // Packing keeps the order of the messages on each bus.
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); packed.len()];
        let messages = emitted
            .iter()
            .enumerate()
            .map(|(i, message)| {
                assert!(message.flags.is_none(), "no table has exclusive messages");
                let column = (0..packed.len())
                    .find(|&c| packed[c].kind == message.kind && columns[c].len() < packed[c].elements.len())
                    .expect("a column for every message");
                columns[column].push(i);
                (column, message.elements[0].len())
            })
            .collect();
        let layout = AirLayout {
            main_width: table.width(),
            num_public_values: table.num_public_values(),
            ..Default::default()
        };
        let log_chunks =
            get_log_num_quotient_chunks::<_, Challenge, _, _>(&table, layout, 2, &packed, 0, &gadget);
        assert!(1 << log_chunks < MAX_DEGREE);
        Self { table, log_chunks, constraints: table.constraint_count(), messages, columns }
    }
}
