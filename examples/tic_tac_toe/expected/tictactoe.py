# tictactoe.py

class Game:
    def __init__(self):
        self.board = [['.' for _ in range(3)] for _ in range(3)]
        self.current = 'X'
        self.winner = None
        self.is_over = False
        self.is_draw = False

    def play(self, row, col):
        if not (0 <= row < 3 and 0 <= col < 3):
            raise ValueError("Cell is outside the board")
        if self.cell(row, col) is not None:
            raise ValueError("Cell is taken")
        self.board[row][col] = self.current
        if self.check_winner():
            self.winner = self.current
            self.is_over = True
        elif self.is_full():
            self.is_draw = True
        else:
            self.current = 'O' if self.current == 'X' else 'X'

    def cell(self, row, col):
        return self.board[row][col]

    @property
    def current(self):
        return self._current

    @current.setter
    def current(self, value):
        if value not in ['X', 'O', None]:
            raise ValueError("Invalid player")
        self._current = value

    @property
    def winner(self):
        return self._winner

    @winner.setter
    def winner(self, value):
        if value not in ['X', 'O', None]:
            raise ValueError("Invalid winner")
        self._winner = value

    @property
    def is_over(self):
        return self._is_over

    @is_over.setter
    def is_over(self, value):
        if not isinstance(value, bool):
            raise ValueError("Invalid value for is_over")
        self._is_over = value

    @property
    def is_draw(self):
        return self._is_draw

    @is_draw.setter
    def is_draw(self, value):
        if not isinstance(value, bool):
            raise ValueError("Invalid value for is_draw")
        self._is_draw = value

    def undo(self):
        if not self.is_over:
            raise ValueError("No move to undo")
        if self.current == 'X':
            self.current = 'O'
        else:
            self.current = 'X'
        self.board[self.last_row][self.last_col] = None
        self.last_row, self.last_col = self.last_row - 1, self.last_col - 1

    def render(self):
        return '\n'.join(''.join(row) for row in self.board)

    def check_winner(self):
        # Check rows
        for row in self.board:
            if row[0] == row[1] == row[2] != '.':
                return True
        # Check columns
        for col in range(3):
            if self.board[0][col] == self.board[1][col] == self.board[2][col] != '.':
                return True
        # Check diagonals
        if self.board[0][0] == self.board[1][1] == self.board[2][2] != '.':
            return True
        if self.board[0][2] == self.board[1][1] == self.board[2][0] != '.':
            return True
        return False

    def is_full(self):
        for row in self.board:
            for cell in row:
                if cell == '.':
                    return False
        return True

    @property
    def last_row(self):
        return self._last_row

    @last_row.setter
    def last_row(self, value):
        if not isinstance(value, int) or value < 0 or value >= 3:
            raise ValueError("Invalid value for last_row")
        self._last_row = value

    @property
    def last_col(self):
        return self._last_col

    @last_col.setter
    def last_col(self, value):
        if not isinstance(value, int) or value < 0 or value >= 3:
            raise ValueError("Invalid value for last_col")
        self._last_col = value
