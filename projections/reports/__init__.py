"""The figures of an audit report: one account's trading in a period, folded from the log.

Every figure comes from the folds of the read models (`projections/`), which the GraphQL API reads, too. What a report
alone has is how they are cut to a period: `book.Book` folds a log once and takes the rows at both ends.
"""
