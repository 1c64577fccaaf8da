"""The bytes of the tiny weights that these tests download."""

PART_SIZE = 4000
CONTENT = bytes(number * 7 % 251 for number in range(2 * PART_SIZE + 900))
