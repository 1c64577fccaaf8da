"""A game with secrets: who knows what, and what a model says in it."""

VILLAGE = """
name: village
protocol: werewolf
seed: 2
roles:
  anna: {goal: You are calm.}
  ben: {goal: You are loud.}
  cleo: {goal: You are kind.}
  dora: {goal: You are old.}
talk: 1
"""
"""Anna is a villager, Ben the werewolf, Cleo the seer. A model kills Anna in the night."""
KILLS = '{"reason": "she knows too much", "choice": "anna"}'
VOTE = '{"reason": "I saw it", "choice": "ben"}'
OF_ANNA, OF_BEN, OF_CLEO = "anna, you are a villager", "knows too much", "cleo, you are the seer"
"""What only that role may know."""
