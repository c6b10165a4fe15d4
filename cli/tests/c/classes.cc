// C++: constructors and destructors, virtual functions, templates, lambdas, new and delete.
#include <ember.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Shape {
    const char *name;
    explicit Shape(const char *name) : name(name) { printf("+%s ", name); }
    virtual ~Shape() { printf("-%s ", name); }
    virtual int area() const = 0;
};

struct Square : Shape {
    int side;
    Square(const char *name, int side) : Shape(name), side(side) {}
    int area() const override { return side * side; }
};

struct alignas(64) Wide {
    int values[16];
};

static Square global("global", 2);

static Square &local() {
    static Square square("local", 3);
    return square;
}

template <typename F> static int apply(F f, int x) { return f(x); }

int main() {
    Shape *shape = new Square("heap", 4);
    int sum = shape->area() + global.area() + local().area() + local().area();
    delete shape;
    Wide *wide = new Wide();
    sum += (int)((uintptr_t)wide % 64) + wide->values[15];
    delete wide;
    int *numbers = new int[100];
    memset(numbers, 0, 100 * sizeof *numbers);
    sum += numbers[99];
    delete[] numbers;
    sum = apply([sum](int x) { return sum + x; }, 100);
    uint32_t length;
    ember_input(&length);
    uint8_t digest[32];
    ember_sha256("abc", 3, digest);
    ember_journal(digest, 32);
    printf("%d\n", sum);
    if (sum == 0) ember_exit(1);
    return 0;
}
