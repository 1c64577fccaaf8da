import sys

def is_leap_year(year):
    if (year % 4 == 0 and year % 100 != 0) or (year % 400 == 0):
        return True
    return False

def main():
    if len(sys.argv) != 2:
        print("wrong arguments", file=sys.stderr)
        return 2

    try:
        year = int(sys.argv[1])
        if year <= 0:
            print("wrong arguments", file=sys.stderr)
            return 2
    except ValueError:
        print("wrong arguments", file=sys.stderr)
        return 2

    if is_leap_year(year):
        print("闰年")
    else:
        print("平年")

if __name__ == "__main__":
    sys.exit(main())
