import curses
import sys

class Snake:
    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.cells = [(2, 0), (1, 0), (0, 0)]
        self.head = (0, 0)
        self.direction = "right"
        self.score = 0
        self.food = None

    def turn(self, direction):
        if direction == self.direction:
            return
        if direction == "up" and self.direction != "down":
            self.direction = "up"
        elif direction == "down" and self.direction != "up":
            self.direction = "down"
        elif direction == "left" and self.direction != "right":
            self.direction = "left"
        elif direction == "right" and self.direction != "left":
            self.direction = "right"

    def step(self):
        x, y = self.head
        if self.direction == "up":
            y -= 1
        elif self.direction == "down":
            y += 1
        elif self.direction == "left":
            x -= 1
        elif self.direction == "right":
            x += 1

        if x < 0 or x >= self.width or y < 0 or y >= self.height:
            self.alive = False
            return

        if (x, y) in self.cells[1:]:
            self.alive = False
            return

        if self.food is None or (x, y) == self.food:
            self.score += 1
            if self.food is None:
                self.food = (x, y)
            else:
                self.food = None
        else:
            self.cells.pop(0)

        self.cells.append((x, y))
        self.head = (x, y)

    def alive(self):
        return self.head[0] < 0 or self.head[0] >= self.width or self.head[1] < 0 or self.head[1] >= self.height or self.head in self.cells[1:]

    def cells(self):
        return self.cells

    def food(self):
        return self.food

def main():
    if len(sys.argv) != 2:
        print("wrong arguments", file=sys.stderr)
        return 2

    width, height = map(int, sys.argv[1].split())
    snake = Snake(width, height)

    stdscr = curses.initscr()
    curses.curs_set(0)
    curses.noecho()
    curses.cbreak()

    try:
        while snake.alive():
            stdscr.clear()
            for y in range(snake.height):
                for x in range(snake.width):
                    if (x, y) in snake.cells:
                        stdscr.addch(y, x, '#')
                    elif (x, y) == snake.food:
                        stdscr.addch(y, x, '*')
                    else:
                        stdscr.addch(y, x, ' ')
            stdscr.addstr(snake.height, 0, f"Score: {snake.score}")
            stdscr.refresh()

            key = stdscr.getch()
            if key == ord('q'):
                break
            elif key == ord('w'):
                snake.turn("up")
            elif key == ord('s'):
                snake.turn("down")
            elif key == ord('a'):
                snake.turn("left")
            elif key == ord('d'):
                snake.turn("right")

            snake.step()
    finally:
        curses.nocbreak()
        curses.echo()
        curses.curs_set(1)
        curses.endwin()

    return 0

if __name__ == "__main__":
    sys.exit(main())
