class Game:
    def __init__(self):
        self.board = [['.' for _ in range(3)] for _ in range(3)]
        self.current = 'X'
        self.winner = None
        self.is_over = False
        self.is_draw = False

    def play(self, row, col):
        if not (0 <= row <= 2 and 0 <= col <= 2):
            raise ValueError("row and col must be between 0 and 2")
        if self.board[row][col] != '.':
            raise ValueError("cell is already occupied")
        if self.is_over:
            raise ValueError("game is already over")
        self.board[row][col] = self.current
        self.current = 'O' if self.current == 'X' else 'X'
        self.check_winner()

    def cell(self, row, col):
        if not (0 <= row <= 2 and 0 <= col <= 2):
            raise ValueError("row and col must be between 0 and 2")
        return self.board[row][col]

    @property
    def current(self):
        return self._current

    @current.setter
    def current(self, value):
        if value not in ['X', 'O']:
            raise ValueError("current player must be 'X' or 'O'")
        self._current = value

    @property
    def winner(self):
        return self._winner

    @winner.setter
    def winner(self, value):
        if value not in ['X', 'O', None]:
            raise ValueError("winner must be 'X', 'O', or None")
        self._winner = value

    @property
    def is_over(self):
        return self._is_over

    @is_over.setter
    def is_over(self, value):
        if not isinstance(value, bool):
            raise ValueError("is_over must be a boolean")
        self._is_over = value

    @property
    def is_draw(self):
        return self._is_draw

    @is_draw.setter
    def is_draw(self, value):
        if not isinstance(value, bool):
            raise ValueError("is_draw must be a boolean")
        self._is_draw = value

    def undo(self):
        if not self.is_over:
            raise ValueError("game is not over")
        if self.current == 'X':
            self.current = 'O'
        else:
            self.current = 'X'
        self.board = [['.' for _ in range(3)] for _ in range(3)]
        self.check_winner()

    def render(self):
        return '\n'.join(''.join(row) for row in self.board)

    def check_winner(self):
        # Check rows
        for row in self.board:
            if row[0] == row[1] == row[2] != '.':
                self.winner = row[0]
                self.is_over = True
                return

        # Check columns
        for col in range(3):
            if self.board[0][col] == self.board[1][col] == self.board[2][col] != '.':
                self.winner = self.board[0][col]
                self.is_over = True
                return

        # Check diagonals
        if self.board[0][0] == self.board[1][1] == self.board[2][2] != '.':
            self.winner = self.board[0][0]
            self.is_over = True
            return

        if self.board[0][2] == self.board[1][1] == self.board[2][0] != '.':
            self.winner = self.board[0][2]
            self.is_over = True
            return

        # Check if the board is full
        if all(cell != '.' for row in self.board for cell in row):
            self.is_draw = True
