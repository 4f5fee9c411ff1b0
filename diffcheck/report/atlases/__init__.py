"""The pages of an atlas: its rows as records, an overview of all operators, and a page for each."""
