"""The paths that the program itself names to the user. This module imports nothing, unlike the application."""

GRAPHQL = "/graphql"

GRAPHIQL = "/graphiql"

SIGNALS = "/signals"
