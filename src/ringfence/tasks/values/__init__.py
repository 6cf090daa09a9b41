"""Values as documents print them: one module for each kind, each with the code that finds and types it."""

from .addresses import find_addresses
from .candidate import Candidate, ParsedValue
from .contacts import find_emails, find_ibans, find_phones, iban_is_valid
from .dates import find_dates, type_date
from .durations import find_durations, type_duration
from .money import find_money
from .number import find_numbers, type_number
from .percent import find_percents
from .periods import find_periods

__all__ = [
    "Candidate",
    "ParsedValue",
    "find_addresses",
    "find_dates",
    "find_durations",
    "find_emails",
    "find_ibans",
    "find_money",
    "find_numbers",
    "find_percents",
    "find_periods",
    "find_phones",
    "iban_is_valid",
    "type_date",
    "type_duration",
    "type_number",
]
