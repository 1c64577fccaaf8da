import json
import sys

def read_todo():
    try:
        with open('todo.json', 'r') as file:
            return json.load(file)
    except FileNotFoundError:
        return []

def write_todo(todo):
    with open('todo.json', 'w') as file:
        json.dump(todo, file, indent=4)

def add_item(text):
    todo = read_todo()
    new_id = len(todo) + 1
    todo.append({'id': new_id, 'text': text.strip(), 'done': False})
    write_todo(todo)
    print(f'added {new_id}')

def list_items(open_only=False):
    todo = read_todo()
    for item in todo:
        if open_only and not item['done']:
            print(f'{item["id"]} [ ] {item["text"]}')
        elif not open_only:
            print(f'{item["id"]} [{item["done"]}] {item["text"]}')

def done_item(id):
    todo = read_todo()
    for item in todo:
        if item['id'] == int(id):
            item['done'] = True
            write_todo(todo)
            print(f'done {id}')
            return
    print(f'no item with id {id}', file=sys.stderr)

def remove_item(id):
    todo = read_todo()
    for i, item in enumerate(todo):
        if item['id'] == int(id):
            del todo[i]
            write_todo(todo)
            print(f'removed {id}')
            return
    print(f'no item with id {id}', file=sys.stderr)

def count_items():
    todo = read_todo()
    open_count = sum(1 for item in todo if not item['done'])
    done_count = sum(1 for item in todo if item['done'])
    print(f'OPEN {open_count}, DONE {done_count}')

def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "add":
        if len(rest) != 1:
            print("wrong arguments", file=sys.stderr)
            return 2
        add_item(rest[0])
    elif command == "list":
        if len(rest) > 0 and rest[0] == "--open":
            list_items(True)
        else:
            list_items()
    elif command == "done":
        if len(rest) != 1:
            print("wrong arguments", file=sys.stderr)
            return 2
        done_item(rest[0])
    elif command == "remove":
        if len(rest) != 1:
            print("wrong arguments", file=sys.stderr)
            return 2
        remove_item(rest[0])
    elif command == "count":
        count_items()
    else:
        print("wrong arguments", file=sys.stderr)
        return 2

    return 0

if __name__ == "__main__":
    sys.exit(main())
