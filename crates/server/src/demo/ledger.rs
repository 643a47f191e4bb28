//! The bank's books. The money is made up.

pub(super) struct Ledger {
    pub(super) total: &'static str,
    pub(super) accounts: &'static [Account],
    pub(super) transactions: &'static [Transaction],
    pub(super) bills: &'static [Bill],
}

pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) number: &'static str,
    pub(super) balance: &'static str,
}

pub(super) struct Transaction {
    pub(super) day: &'static str,
    pub(super) what: &'static str,
    pub(super) kind: &'static str,
    pub(super) amount: &'static str,
    pub(super) credit: bool,
}

pub(super) struct Bill {
    pub(super) payee: &'static str,
    pub(super) due: &'static str,
    pub(super) amount: &'static str,
    pub(super) state: &'static str,
}

pub(super) struct Customer {
    pub(super) name: &'static str,
    pub(super) since: &'static str,
    pub(super) accounts: &'static str,
    pub(super) total: &'static str,
}

/// What somebody has at the bank.
pub(super) fn of(subject: &str) -> &'static Ledger {
    match subject {
        "ada" => &ADA,
        "ben" => &BEN,
        _ => &STAFF,
    }
}

static ADA: Ledger = Ledger {
    total: "€ 31,904.17",
    accounts: &[
        account("Everyday", "LARC 0042 1187", "€ 2,418.60"),
        account("Savings", "LARC 0042 1195", "€ 24,300.00"),
        account("House fund", "LARC 0042 1203", "€ 5,185.57"),
    ],
    transactions: &[
        spent("Today", "Corner Bakery", "Card", "−€ 6.40"),
        spent("Today", "Tram, monthly pass", "Card", "−€ 49.00"),
        received("Yesterday", "Salary, Fern & Co", "Transfer", "+€ 3,150.00"),
        spent("Monday", "Rent", "Standing order", "−€ 1,120.00"),
        spent("Sunday", "Garden centre", "Card", "−€ 38.25"),
    ],
    bills: &[
        bill("River Power", "in 3 days", "€ 84.10", "Scheduled"),
        bill("City Water", "in 9 days", "€ 31.75", "Scheduled"),
        bill("Larch Bank card", "in 12 days", "€ 412.90", "Waiting for you"),
    ],
};

static BEN: Ledger = Ledger {
    total: "€ 8,112.04",
    accounts: &[
        account("Everyday", "LARC 0057 3310", "€ 1,612.04"),
        account("Savings", "LARC 0057 3328", "€ 6,500.00"),
    ],
    transactions: &[
        spent("Today", "Bicycle repair", "Card", "−€ 72.00"),
        received("Yesterday", "Ada Larch, concert", "Transfer", "+€ 44.00"),
        spent("Tuesday", "Groceries", "Card", "−€ 58.31"),
        spent("Sunday", "Cinema", "Card", "−€ 23.00"),
    ],
    bills: &[
        bill("River Power", "in 5 days", "€ 61.20", "Scheduled"),
        bill("Fibre & Phone", "in 8 days", "€ 39.90", "Waiting for you"),
    ],
};

static STAFF: Ledger = Ledger {
    total: "€ 4,275.80",
    accounts: &[account("Everyday", "LARC 0003 0074", "€ 4,275.80")],
    transactions: &[
        spent("Today", "Canteen", "Card", "−€ 8.90"),
        received("Yesterday", "Salary, Larch Bank", "Transfer", "+€ 3,480.00"),
        spent("Monday", "Bookshop", "Card", "−€ 27.50"),
    ],
    bills: &[bill("City Water", "in 9 days", "€ 28.40", "Scheduled")],
};

pub(super) static CUSTOMERS: [Customer; 2] = [
    Customer {
        name: "Ada Larch",
        since: "2019",
        accounts: "3",
        total: "€ 31,904.17",
    },
    Customer {
        name: "Ben Okoye",
        since: "2022",
        accounts: "2",
        total: "€ 8,112.04",
    },
];

const fn account(name: &'static str, number: &'static str, balance: &'static str) -> Account {
    Account { name, number, balance }
}

const fn spent(day: &'static str, what: &'static str, kind: &'static str, amount: &'static str) -> Transaction {
    Transaction {
        day,
        what,
        kind,
        amount,
        credit: false,
    }
}

const fn received(day: &'static str, what: &'static str, kind: &'static str, amount: &'static str) -> Transaction {
    Transaction {
        day,
        what,
        kind,
        amount,
        credit: true,
    }
}

const fn bill(payee: &'static str, due: &'static str, amount: &'static str, state: &'static str) -> Bill {
    Bill {
        payee,
        due,
        amount,
        state,
    }
}
