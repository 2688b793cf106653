"""Written answers, one question at a time across all students: read, group, mark, undo; part of the records.

questions   which questions are marked by hand, and what was asked
answers     each student's text with the gradebook's rows
words       a text -> the words and signs that count
grouping    texts -> groups of identical and near-identical ones
rubric      items with points and a sentence, kept for each question
marking     what a TA decided -> what the gradebook's rows become
journal     what stood there before, so that a save can be undone
saving      all of it in one transaction, and nothing where another TA was first
"""
