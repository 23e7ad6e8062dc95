//! A store with as many payments as a test needs: copies of one real payment.

use std::path::Path;

use rusqlite::{Connection, params};

/// The names in the original payment, and SQL for the names of copy number `i`.
struct Names {
    original: [String; 4],
    copy: [&'static str; 4],
}

/// Replaces the only payment of the site `tr` by this many copies, in the store of this folder, which no process has
/// open. A copy is complete: entries, journal, idempotency, transaction, source, sync state. Only its MACs are the
/// original's, so an audit of a copy would fail.
pub fn multiply(folder: &Path, payments: u64) -> anyhow::Result<()> {
    let mut store = Connection::open(folder.join("sqlite_key_value.db"))?;
    store.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
         CREATE TEMP TABLE original AS SELECT store, key, value FROM spin_key_value
             WHERE key NOT IN ('jrn/tr#', 'jrn/tr@') AND substr(key, 1, 4) IN ('pay/', 'jrn/', 'idem', 'tx/t', 'src/');
         DELETE FROM spin_key_value WHERE key IN (SELECT key FROM original);",
    )?;
    let names = names(&store)?;
    let journal: u64 = store.query_row("SELECT count(*) FROM original WHERE key LIKE 'jrn/%'", [], |row| row.get(0))?;
    let copying = store.transaction()?;
    copying.execute(
        &format!(
            "INSERT INTO spin_key_value (store, key, value)
             WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?5)
             SELECT store,
                 CASE WHEN key LIKE 'jrn/%' THEN 'jrn/tr/' || (CAST(substr(key, 8) AS INTEGER) + (i - 1) * ?6) ELSE {} END,
                 CASE WHEN key LIKE '%#%' THEN value ELSE CAST({} AS BLOB) END
             FROM original, numbers",
            names.replaced_in("key"),
            names.replaced_in("CAST(value AS TEXT)"),
        ),
        params![names.original[0], names.original[1], names.original[2], names.original[3], payments, journal],
    )?;
    let last = payments * journal;
    let put = "INSERT OR REPLACE INTO spin_key_value (store, key, value) SELECT store, ?1, ?2 FROM original LIMIT 1";
    copying.execute(put, params!["jrn/tr#", last.to_le_bytes()])?;
    copying.execute(put, params!["jrn/tr@", last.to_string().into_bytes()])?;
    Ok(copying.commit()?)
}

impl Names {
    fn replaced_in(&self, text: &str) -> String {
        let replaced = |text: String, (index, copy): (usize, &&str)| format!("replace({text}, ?{}, {copy})", index + 1);
        self.copy.iter().enumerate().fold(text.to_owned(), replaced)
    }
}

/// The names of the original in keys and values. A copy's names have the same lengths.
fn names(store: &Connection) -> anyhow::Result<Names> {
    let part = |of: &str, part: usize| -> anyhow::Result<String> {
        let key: String = store.query_row("SELECT key FROM original WHERE key LIKE ?1", [of], |row| row.get(0))?;
        let name = key.split('/').nth(part).unwrap_or_default();
        Ok(name.trim_end_matches('#').to_owned())
    };
    Ok(Names {
        original: [
            part("pay/tr/%#", 2)?,
            part("idem/tr/%#1", 2)?.replace("#1", ""),
            part("tx/%", 2)?,
            part("src/%#", 3)?,
        ],
        copy: [
            "substr(?1, 1, length(?1) - 8) || printf('%08d', i)",
            "substr(?2, 1, length(?2) - 8) || printf('%08d', i)",
            "printf('%06d', 800000 + i)",
            "substr(?4, 1, length(?4) - 8) || printf('%08d', 50000000 + i)",
        ],
    })
}
