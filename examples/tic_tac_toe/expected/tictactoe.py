class Game:
    def __init__(self):
        self._board = [['.' for _ in range(3)] for _ in range(3)]
        self._current = 'X'
        self._winner = None
        self._is_over = False
        self._is_draw = False

    def play(self, row, col):
        if not (0 <= row <= 2 and 0 <= col <= 2):
            raise ValueError("the cell is outside the board")
        if self.cell(row, col) is not None:
            raise ValueError("the cell is taken")
        self._board[row][col] = self._current
        if self.check_winner():
            self._winner = self._current
            self._is_over = True
        elif self.is_draw():
            self._is_draw = True
            self._is_over = True
        else:
            self._current = 'O' if self._current == 'X' else 'X'

    def cell(self, row, col):
        return self._board[row][col]

    @property
    def current(self):
        return self._current

    @property
    def winner(self):
        return self._winner

    @property
    def is_over(self):
        return self._is_over

    @property
    def is_draw(self):
        return self._is_draw

    def undo(self):
        if not self._board:
            raise ValueError("the stack is empty")
        row, col = self._board.pop()
        self._board[row][col] = None
        if self.check_winner():
            self._winner = self._current
            self._is_over = True
        elif self.is_draw():
            self._is_draw = True
            self._is_over = True
        else:
            self._current = 'O' if self._current == 'X' else 'X'

    def render(self):
        return '\n'.join(''.join(row) for row in self._board)

    def check_winner(self):
        for i in range(3):
            if self._board[i][0] == self._board[i][1] == self._board[i][2] != '.':
                return True
            if self._board[0][i] == self._board[1][i] == self._board[2][i] != '.':
                return True
        if self._board[0][0] == self._board[1][1] == self._board[2][2] != '.':
            return True
        if self._board[0][2] == self._board[1][1] == self._board[2][0] != '.':
            return True
        return False
